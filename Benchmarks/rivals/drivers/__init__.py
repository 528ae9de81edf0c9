"""One driver for each tool: how it is set up, started, and (if it watches nothing) run."""
from . import leftd, lsyncd, rsync, syncthing

ALL = {"leftd": leftd.Leftd, "rsync": rsync.Rsync, "rsync-z": rsync.CompressingRsync,
       "lsyncd": lsyncd.Lsyncd, "syncthing": syncthing.Syncthing}
