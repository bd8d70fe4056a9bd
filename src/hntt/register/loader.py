"""Read the register's files into models, keeping where every value stands.

Three phases, each reporting all it finds: files (and YAML), shape, laws. Files that read well are checked for shape
even when another one does not; the laws need the whole register and wait until everything has its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from hntt.register import catalogue as rules
from hntt.register.context import Context
from hntt.register.findings import Finding, Severity, Text
from hntt.register.models import DistrictFile, ProvinceFile, Register
from hntt.register.reading import read_text
from hntt.register.reference import load_reference
from hntt.register.rules import Fault, finding, laws_of
from hntt.register.shape import validate
from hntt.register.sources import SourceFile, Sources
from hntt.register.yaml_source import parse

M = TypeVar("M", bound=BaseModel)


class Phase(StrEnum):
    """How far checking came."""

    FILES = "files"
    SHAPE = "shape"
    LAWS = "laws"


@dataclass
class Loaded:
    """The outcome: the register when its shape is right, all findings in order, and the sources for positions."""

    register: Register | None
    findings: list[Finding]
    sources: Sources
    phase: Phase
    context: Context | None = field(default=None, repr=False)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop every play."""
        return [item for item in self.findings if item.severity == Severity.ERROR]

    def add(self, findings: list[Finding]) -> None:
        """Take more findings in, keeping the order."""
        self.findings = sorted([*self.findings, *findings], key=lambda item: item.sort_key)


class RegisterError(Exception):
    """The register has errors; ``findings`` holds everything that was found. Shown as text, never as a traceback."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        errors = [item for item in findings if item.severity == Severity.ERROR]
        lines = [f"{item.position.shown()}: {item.code} {item.message}" for item in errors[:20]]
        if len(errors) > len(lines):
            lines.append(f"… +{len(errors) - len(lines)}")
        super().__init__("\n".join(lines))


def load(register_dir: Path) -> Register:
    """The register below ``register_dir`` (province.yml, districts/*.yml); raises RegisterError where it has errors."""
    loaded = load_checked(register_dir)
    if loaded.errors or loaded.register is None:
        raise RegisterError(loaded.findings)
    return loaded.register


def load_checked(register_dir: Path) -> Loaded:
    """Read and check everything that the register alone can tell; never raises for what is in the files."""
    sources = Sources(register_dir, SourceFile(register_dir / "province.yml"))
    findings, province = _province(sources)
    names = _listed(sources, province)
    findings += _unlisted(register_dir, names, sources)
    districts = [_district(sources, name, findings) for name in names or sorted(_present(register_dir))]
    complete = [item.district for item in districts if item is not None]
    register = None
    if province is not None and len(complete) == len(districts) and not _has_errors(findings):
        register = Register(province=province, districts=complete)
    loaded = Loaded(register, [], sources, _phase_reached(findings, register))
    loaded.add(findings)
    if register is not None:
        _apply_laws(loaded, register)
    return loaded


def _province(sources: Sources) -> tuple[list[Finding], ProvinceFile | None]:
    findings: list[Finding] = []
    return findings, _read(ProvinceFile, sources.province, findings)


def _district(sources: Sources, name: str, findings: list[Finding]) -> DistrictFile | None:
    source = SourceFile(sources.base / "districts" / f"{name}.yml")
    sources.districts[name] = source
    model = _read(DistrictFile, source, findings)
    if model is not None and model.district.slug != name:
        path = ("district", "slug")
        message = Text(
            f"slug là {model.district.slug}, tên tệp là {name}.yml.",
            f"The slug is {model.district.slug}, the file's name is {name}.yml.",
        )
        fault = Fault(source.at(path), source.shown(path), message, model.district.slug, Text(name, name))
        findings.append(finding(rules.FILE_NAME, fault))
    return model


def _read(model: type[M], source: SourceFile, findings: list[Finding]) -> M | None:
    text, found = read_text(source.file)
    findings += found
    if text is None:
        return None
    problems = parse(source, text)
    findings += problems
    if source.data is None or any(item.code != rules.DUPLICATE_KEY.code for item in problems):
        return None
    value, wrong = validate(model, source)
    findings += wrong
    return value


def _listed(sources: Sources, province: ProvinceFile | None) -> list[str]:
    """The districts named in province.yml, also when the rest of that file is faulty."""
    if province is not None:
        return list(dict.fromkeys(province.districts))
    data = sources.province.data
    names = data.get("districts") if isinstance(data, dict) else None
    valid = isinstance(names, list) and all(isinstance(name, str) and "/" not in name for name in names)
    return list(dict.fromkeys(names)) if valid and names else []


def _present(register_dir: Path) -> set[str]:
    folder = register_dir / "districts"
    if not folder.is_dir():
        return set()
    return {
        file.stem for file in folder.iterdir() if file.suffix in (".yml", ".yaml") and not file.name.startswith(".")
    }


def _unlisted(register_dir: Path, names: list[str], sources: Sources) -> list[Finding]:
    if not names:
        return []
    found = []
    for file in sorted((register_dir / "districts").glob("*.y*ml")):
        if file.name.startswith(".") or (file.stem in names and file.suffix == ".yml"):
            continue
        listed = sources.province.at(("districts",))
        message = Text(f"{file.name} không được liệt kê.", f"{file.name} is not listed.")
        hint = None
        if file.suffix == ".yaml":
            hint = Text(f"Đổi tên thành {file.stem}.yml.", f"Rename it to {file.stem}.yml.")
        position = SourceFile(file).at()
        fault = Fault(position, "", message, file.stem, hint=hint, related=(listed,))
        found.append(finding(rules.FILE_UNLISTED, fault))
    return found


def _has_errors(findings: list[Finding]) -> bool:
    return any(item.severity == Severity.ERROR for item in findings)


def _phase_reached(findings: list[Finding], register: Register | None) -> Phase:
    if register is not None:
        return Phase.LAWS
    return Phase.FILES if any(item.severity == "error" and item.code < "R2" for item in findings) else Phase.SHAPE


def _apply_laws(loaded: Loaded, register: Register) -> None:
    import hntt.register.laws  # noqa: F401  (registers the laws)

    data = loaded.sources.base.parent / "data"
    reference = load_reference(data, register.province.province.valid_year)
    loaded.context = Context(register, loaded.sources, reference)
    for law in laws_of("hntt.register.laws"):
        loaded.add(list(law(register, loaded.context)))
