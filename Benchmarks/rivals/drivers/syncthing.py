"""Syncthing over static addresses, with the shortest delay of its watcher that it takes."""
import subprocess
import xml.etree.ElementTree as xml

from network import ADDRESS

PORT = 22000
OPTIONS = {
    "globalAnnounceEnabled": "false", "localAnnounceEnabled": "false", "relaysEnabled": "false",
    "natEnabled": "false", "urAccepted": "-1", "crashReportingEnabled": "false",
    "reconnectionIntervalS": "1", "setLowPriority": "false", "startBrowser": "false",
    "autoUpgradeIntervalH": "0"}


class Syncthing:
    packages = ["syncthing"]
    notes = "fsWatcherDelayS = 1; discovery, relays and low priority off; else as installed"
    own = {".stfolder"}

    def __init__(self, pair):
        self.pair = pair

    @staticmethod
    def version(_):
        told = subprocess.run(["syncthing", "--version"], capture_output=True, text=True).stdout
        return told.split()[1].lstrip("v")

    def start(self):
        ids = {side: self.generate(side) for side in "AB"}
        for side in "AB":
            self.configure(side, ids)
            home = self.pair.state(side)
            self.pair.run(side, "env", f"HOME={home}", "STNOUPGRADE=1", "syncthing", "serve",
                          f"--home={home}", "--no-browser", "--no-restart")

    def generate(self, side):
        home = self.pair.state(side)
        subprocess.run(["syncthing", "generate", f"--home={home}", "--no-default-folder"],
                       check=True, capture_output=True)
        return xml.parse(home / "config.xml").getroot().find("device").get("id")

    def configure(self, side, ids):
        file = self.pair.state(side) / "config.xml"
        tree = xml.parse(file)
        root = tree.getroot()
        for old in root.findall("device") + root.findall("folder"):
            root.remove(old)
        (self.pair.shares[side] / ".stfolder").mkdir(exist_ok=True)
        folder = xml.SubElement(
            root, "folder", id="share", label="share", path=str(self.pair.shares[side]),
            type="sendreceive", rescanIntervalS="86400", fsWatcherEnabled="true",
            fsWatcherDelayS="1")
        for name, number in ids.items():
            xml.SubElement(folder, "device", id=number)
            device = xml.SubElement(root, "device", id=number, name=name)
            is_other = name != side
            xml.SubElement(device, "address").text = (
                f"tcp://{ADDRESS[name]}:{PORT}" if is_other else "dynamic")
        options = root.find("options")
        for key, value in {**OPTIONS, "listenAddress": f"tcp://{ADDRESS[side]}:{PORT}"}.items():
            for old in options.findall(key):
                options.remove(old)
            xml.SubElement(options, key).text = value
        tree.write(file)

    def changed(self):
        pass
