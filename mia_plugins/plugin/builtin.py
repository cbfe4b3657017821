"""The built-in plugins, written once: ``setup.py`` registers them as entry points, like those of any other package.

The first of each is the default.
"""

BUILTIN = {
    "mia_plugins.methods": {
        "amess": "mia_plugins.methods.amess:METHOD",
        "text": "mia_plugins.methods.text:METHOD",
        "cagc": "mia_plugins.methods.cagc:METHOD",
        "miar": "mia_plugins.methods.miar:METHOD",
        "tcl_map": "mia_plugins.methods.tcl_map:METHOD",
        "mag_bert": "mia_plugins.methods.mag_bert:METHOD",
        "mult": "mia_plugins.methods.mult:METHOD",
        "misa": "mia_plugins.methods.misa:METHOD",
    },
    "mia_plugins.datasets": {
        "MIntRec2.0": "mia_plugins.data_adapters.mintrec2:ADAPTER",
        "MIntRec": "mia_plugins.data_adapters.mintrec:ADAPTER",
        "MELD-DA": "mia_plugins.data_adapters.dialogue_acts:MELD_DA",
        "IEMOCAP-DA": "mia_plugins.data_adapters.dialogue_acts:IEMOCAP_DA",
        "MOSI": "mia_plugins.data_adapters.mosi:DATASET",
        "MOSEI": "mia_plugins.data_adapters.mosei:DATASET",
    },
}
