"""lsyncd: watches A and runs rsync to an rsync daemon on B, without its usual delay."""
import subprocess

from drivers.rsync import address, start_daemon


class Lsyncd:
    packages = ["lsyncd", "rsync"]
    notes = "default.rsync with delay = 0; one way"
    own = set()

    def __init__(self, pair):
        self.pair = pair

    @staticmethod
    def version(_):
        told = subprocess.run(["lsyncd", "--version"], capture_output=True, text=True).stdout
        return told.split()[-1]

    def start(self):
        start_daemon(self.pair)
        configuration = self.pair.state("A") / "lsyncd.lua"
        configuration.write_text(
            "settings { nodaemon = true, insist = true }\n"
            f'sync {{ default.rsync, source = "{self.pair.shares["A"]}", target = "{address()}",\n'
            "  delay = 0, delete = true, rsync = { archive = true, whole_file = false } }\n")
        self.pair.run("A", "lsyncd", configuration)

    def changed(self):
        pass
