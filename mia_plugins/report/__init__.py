"""Pictures and pages of finished runs, from what ``--save_results`` leaves in their folders."""
