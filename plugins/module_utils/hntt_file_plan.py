"""Which of the wanted files differ from what a host has, and what changing them would show."""

from __future__ import annotations

import fnmatch
import grp
import os
import pwd
import re
import shlex
import shutil

from ansible.module_utils.hntt_host import sha256, snapshot
from ansible.module_utils.hntt_preview import Preview
from ansible.module_utils.hntt_transaction import TransactionError

HIDDEN = "(content not shown: it holds a secret)\n"
NOBODY = -1  # wanted of an account that does not exist yet: it differs from anything there is
_PLACEHOLDER = re.compile(r"<secret:([a-z0-9_./-]+)>")


class Plan:
    """The difference between wanted files, directories and kernel settings and the host's."""

    def __init__(self, wanted, secrets):
        self._secrets = secrets
        self.entries = []
        self.directories = []
        self.sysctls = []
        self.restart = []
        self.reload = []
        self.guarded = False
        self.diffs = []
        for folder in wanted["directories"]:
            self._add_directory(folder)
        for file in wanted["files"]:
            self._add_file(file)
        for link in wanted["links"]:
            self._add_link(link)
        kept = {file["dest"] for file in wanted["files"]}
        for folder in wanted["purge"]:
            self._add_left_overs(folder, kept)
        for name, value in sorted(wanted["sysctls"].items()):
            self._add_sysctl(name, str(value))

    @property
    def empty(self):
        """Whether the host is as wanted."""
        return not (self.entries or self.directories or self.sysctls)

    def _add_directory(self, wanted):
        old = snapshot(wanted["path"])
        if old is not None and old["kind"] != "directory":
            raise TransactionError(f"{wanted['path']} is to be a directory but is a {old['kind']}")
        attributes = self._attributes(wanted)
        if old is None or any(old[name] != attributes[name] for name in attributes):
            self._add_parents(wanted["path"])
            self.directories.append(dict(attributes, path=wanted["path"], old=old))
            self._show(wanted["path"], _attribute_lines(old), _attribute_lines(attributes))

    def _add_parents(self, path):
        parent = os.path.dirname(path)
        if os.path.isdir(parent) or any(folder["path"] == parent for folder in self.directories):
            return
        self._add_parents(parent)
        attributes = {"mode": 0o755, "uid": os.geteuid(), "gid": os.getegid()}
        self.directories.append(dict(attributes, path=parent, old=None))
        self._show(parent, "", _attribute_lines(attributes))

    def _add_file(self, wanted):
        old = snapshot(wanted["dest"])
        if old is not None and old["kind"] == "directory":
            raise TransactionError(f"{wanted['dest']} is to be a file but is a directory")
        data = self._reveal(wanted["content"]).encode("utf-8")
        attributes = self._attributes(wanted)
        new = dict(attributes, kind="file", hash=sha256(data))
        if old is not None and all(old[name] == new[name] for name in new):
            return
        self.entries.append(dict(attributes, dest=wanted["dest"], data=data, old=old, validate=wanted.get("validate")))
        self._add_parents(wanted["dest"])
        self.guarded = self.guarded or bool(wanted.get("guard"))
        self._notify(wanted)
        self._show_file(wanted, old, new, data)

    def _add_link(self, wanted):
        old = snapshot(wanted["path"])
        if old is not None and old["kind"] == "directory":
            raise TransactionError(f"{wanted['path']} is to be a link but is a directory")
        if old is None or old.get("target") != wanted["target"]:
            self._add_parents(wanted["path"])
            self.entries.append({"dest": wanted["path"], "data": None, "target": wanted["target"], "old": old})
            self._notify(wanted)
            self._show(wanted["path"], _attribute_lines(old), f"link to {wanted['target']}\n")

    def _add_left_overs(self, folder, kept):
        for name in sorted(os.listdir(folder["path"])) if os.path.isdir(folder["path"]) else ():
            path = os.path.join(folder["path"], name)
            old = snapshot(path)
            if not fnmatch.fnmatch(name, folder["pattern"]) or path in kept or old["kind"] == "directory":
                continue
            self.entries.append({"dest": path, "data": None, "old": old})
            self._notify(folder)
            self._show(path, f"{path}: nobody declares it\n", "")

    def _add_sysctl(self, name, value):
        try:
            with open("/proc/sys/" + name.replace(".", "/"), encoding="ascii") as handle:
                old = " ".join(handle.read().split())
        except OSError as error:
            raise TransactionError(f"kernel setting {name}: {error}") from error
        if old != value:
            self.sysctls.append({"name": name, "old": old, "new": value})
            self._show(f"sysctl {name}", old + "\n", value + "\n")

    def _notify(self, wanted):
        for verb in ("restart", "reload"):
            known = getattr(self, verb)
            known.extend(unit for unit in wanted.get(verb) or () if unit not in known)

    def _attributes(self, wanted):
        return {
            "mode": int(wanted["mode"], 8),
            "uid": _number(pwd.getpwnam, wanted["owner"], "pw_uid"),
            "gid": _number(grp.getgrnam, wanted["group"], "gr_gid"),
        }

    def _reveal(self, text):
        missing = sorted(set(_PLACEHOLDER.findall(text)) - set(self._secrets))
        if missing:
            raise TransactionError("secrets without a value: " + ", ".join(missing))
        return _PLACEHOLDER.sub(lambda match: self._secrets[match.group(1)], text)

    def _show_file(self, wanted, old, new, data):
        same_content = old is not None and old["hash"] == new["hash"]
        before, after = _attribute_lines(old), _attribute_lines(new)
        if wanted.get("secret"):
            # The old text may hold an old secret nobody can name any more, so neither side is shown.
            before, after = before + ("" if same_content else HIDDEN), after + ("" if same_content else HIDDEN.upper())
        elif wanted.get("built") and not same_content:
            before, after = before + _hash_line(old), after + _hash_line(new)
        elif not same_content:
            before, after = before + _text(wanted["dest"], old), after + data.decode("utf-8")
        self._show(wanted["dest"], before, after)

    def _show(self, name, before, after):
        self.diffs.append({"before_header": name, "after_header": name, "before": before, "after": after})

    def validate(self, systemd, check_only):
        """Run every ``validate`` on the host as it would be; raises TransactionError at the first refusal.

        With ``check_only`` a validator that is not installed yet is left out, and so is one that refuses while accounts
        are missing, which a real run makes first: a firewall's rule may name one. Their commands are returned.
        """
        left_out = []
        with Preview(self.entries, systemd) as preview:
            for entry in self.entries:
                if entry.get("validate") and not self._accepts(entry, preview, systemd, check_only):
                    left_out.append(entry["validate"])
        return left_out

    def _accepts(self, entry, preview, systemd, check_only):
        if check_only and shutil.which(shlex.split(entry["validate"])[0]) is None:
            return False
        words, path = preview.command_for(entry)
        code, output = systemd.run(*words)
        if code != 0 and check_only and self._lacks_accounts:
            return False
        if code != 0:
            shown = output.replace(path, entry["dest"])
            raise TransactionError(
                f"{entry['dest']} was refused by `{entry['validate']}`: {shown}; nothing was changed"
            )
        return True

    @property
    def _lacks_accounts(self):
        return any(NOBODY in (item.get("uid"), item.get("gid")) for item in self.entries + self.directories)


def _number(lookup, name, field):
    try:
        return getattr(lookup(name), field)
    except KeyError:
        return NOBODY


def _attribute_lines(found):
    if found is None:
        return ""
    if found.get("kind") == "link":
        return f"link to {found['target']}\n"
    return f"mode {found['mode']:04o}, owner {found['uid']}:{found['gid']}\n"


def _hash_line(found):
    return f"SHA-256 {found['hash']}\n" if found and found.get("hash") else ""


def _text(path, old):
    if old is None or old["kind"] != "file":
        return ""
    with open(path, encoding="utf-8", errors="replace") as handle:
        return handle.read()
