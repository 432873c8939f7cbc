"""Documents as YAML, and YAML as plain values, by the rules of YAML 1.2: `off` is a word and 10:00 a text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from handover.configuration import shape
from handover.configuration.values import ConfigurationError, Document, Reference, Source

HEAD = """\
# Apply it with: python manage.py apply FILE
# What isn't named here is left as it is; a list that is named is the whole of it, and an empty one deletes its rows.
"""
BREAKS = frozenset("\r\x85\u2028\u2029")  # PyYAML reads them back as other ones unless they are escaped
SECRETS = "# Values never stand here: {env: VARIABLE}, {file: /path} or {generate: true}; null removes a secret."


class Reader(yaml.SafeLoader):
    """YAML without its traps: no `off` that means false, no times that mean seconds, no aliases, no key twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # so in the stubs
            raise yaml.MarkedYAMLError(problem="aliases aren't taken: write it out", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.MarkedYAMLError(problem=f"“{name}” stands here twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


# Each is a part of what PyYAML's writer takes for no text, so that what it leaves unquoted is read as it was written.
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?", "-+0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
):
    Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), list(_first))


class Writer(yaml.SafeDumper):
    """Texts of several lines as blocks, lists indented below their name."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if BREAKS & set(text) else "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Writer.add_representer(str, _text)


def dump(documents: Iterable[Document]) -> str:
    """The documents as one YAML text, in the order of the models' columns."""
    return HEAD + "---\n".join(_dump(document) for document in documents)


def load(text: str, origin: str) -> Iterator[Mapping[str, Any]]:
    """The mappings in a YAML text. Raises ConfigurationError with line and column."""
    try:
        found = list(yaml.load_all(text, Reader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationError(f"{origin}: is not YAML. {_where(error)}") from error
    for number, each in enumerate(found, start=1):
        if not isinstance(each, dict):
            here = f"{origin}: document {number}"
            raise ConfigurationError(f"{here}: Give names and values, beginning with “kind: gateway”.")
        yield each


def as_values(document: Document) -> dict[str, Any]:
    """A document as what JSON and YAML are made of."""
    single = {each.name for each in shape.lists(document.kind) if each.single}
    found: dict[str, Any] = {"kind": document.kind, **document.columns}
    for name, rows in document.lists.items():
        found[name] = next(iter(rows), None) if name in single else list(rows)
    if document.kind == "gateway":
        found["secrets"] = {name: _reference(each) for name, each in document.secrets.items()}
    return found


def _dump(document: Document) -> str:
    text = yaml.dump(as_values(document), Dumper=Writer, sort_keys=False, allow_unicode=True, width=110)
    return re.sub(r"^secrets:", f"{SECRETS}\nsecrets:", text, flags=re.MULTILINE)


def _reference(reference: Reference | None) -> Any:
    if reference is None:
        return None
    return {reference.source.value: True if reference.source is Source.GENERATE else reference.place}


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "It is nested too deeply or has a value that nothing is made of."
    return f"Line {mark.line + 1}, column {mark.column + 1}: {problem}." if mark else str(problem)
