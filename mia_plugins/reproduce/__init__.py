"""The paper's tables and figures from one command: plans of runs, their results in a shared folder, tables of them."""
