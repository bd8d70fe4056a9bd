"""Read the register's files into models, keeping where every value stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hntt.register.models import DistrictFile, ProvinceFile, Register


def load(register_dir: Path) -> Register:
    """The register below ``register_dir`` (province.yml, districts/*.yml)."""
    province = ProvinceFile.model_validate(_read(register_dir / "province.yml"))
    districts = [
        DistrictFile.model_validate(_read(register_dir / "districts" / f"{slug}.yml")).district
        for slug in province.districts
    ]
    return Register(province=province, districts=districts)


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
