"""Which type belongs to a place in the register: a path through models, lists and dictionaries."""

from __future__ import annotations

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from hntt.register.sources import KeyPath


def model_at(root: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    """The model that stands at a path, if one does."""
    found = annotation(root, path)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def annotation(root: type[BaseModel], path: KeyPath) -> Any:
    """The type that belongs to a path, without ``Annotated`` and ``| None``."""
    here: Any = root
    for step in path:
        here = _bare(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(step))
            here = field.annotation if field else None
        elif get_origin(here) in (list, tuple, dict):
            here = get_args(here)[-1]
        else:
            return None
    return _bare(here)


def _bare(annotation: Any) -> Any:
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(item for item in get_args(annotation) if item is not type(None))
        else:
            return annotation


def options(kind: Any) -> list[Any]:
    """The values a literal or an enumeration allows; of a dictionary, those its keys may have; else none."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [item.value for item in kind]
    if get_origin(kind) is dict:
        return options(_bare(get_args(kind)[0]))
    return []
