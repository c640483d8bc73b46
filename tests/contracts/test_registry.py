"""Released versions and the commands about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twin.cli import main
from twin.contracts.registry import CONTRACTS, Contract, IncompatibleError, Registry, read_registry
from twin.core.errors import ExitCode, UsageError

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "contracts" / "schemas"
OLD: dict[str, Any] = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "price": {"type": "integer", "unit": "cents"}},
    "required": ["sku"],
    "additionalProperties": False,
}
NEEDS_NODE: dict[str, Any] = {
    **OLD,
    "properties": {**OLD["properties"], "node": {"type": "string"}},
    "required": ["sku", "node"],
}


def twin(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["contracts", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def written(folder: Path, **schemas: Any) -> list[Path]:
    for name, schema in schemas.items():
        (folder / f"{name}.json").write_text(json.dumps(schema), encoding="utf-8")
    return [folder / f"{name}.json" for name in schemas]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_last_released_schema_is_the_models(contract: Contract) -> None:
    version, schema = read_registry(SCHEMAS).latest(contract.name)
    hint = f"raise the version and run: twin contracts schema {contract.name} --out docs/contracts/schemas/..."
    assert (version, schema) == (contract.version, json.loads(json.dumps(contract.schema()))), hint


def test_every_released_schema_has_a_contract() -> None:
    assert {folder.name for folder in SCHEMAS.iterdir()} == set(CONTRACTS)


def test_a_release_that_breaks_what_the_mode_protects_is_refused() -> None:
    for mode in ("backward", "full"):
        registry = Registry()
        registry.release("a", "1.0.0", OLD, mode)
        with pytest.raises(IncompatibleError, match="node: required field added; consumers with the new schema break"):
            registry.release("a", "1.1.0", NEEDS_NODE, mode)
        assert registry.latest("a") == ("1.0.0", OLD)
        registry.release("a", "2.0.0", NEEDS_NODE, mode)
        assert registry.latest("a") == ("2.0.0", NEEDS_NODE)
    for mode in ("forward", "none"):
        registry = Registry()
        registry.release("a", "1.9.0", OLD, mode)
        registry.release("a", "1.10.0", NEEDS_NODE, mode)
        assert registry.latest("a")[0] == "1.10.0"


def test_a_version_is_released_once_and_in_order() -> None:
    registry = Registry()
    registry.release("a", "1.1.0", OLD, "full")
    for version in ("1.1.0", "1.0.9"):
        with pytest.raises(UsageError, match=r"1\.1\.0 is released already"):
            registry.release("a", version, OLD, "full")


def test_a_folder_of_versions_is_held_against_itself(tmp_path: Path) -> None:
    (tmp_path / "stock.moved").mkdir()
    written(tmp_path / "stock.moved", **{"1.9.0": OLD, "1.10.0": NEEDS_NODE})
    with pytest.raises(IncompatibleError, match=r"stock.moved 1\.10\.0 is not backward compatible"):
        read_registry(tmp_path)


def test_check_says_who_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = written(tmp_path, old=OLD, new=NEEDS_NODE)
    assert twin("check", old, new) == ExitCode.THRESHOLD == 99
    assert capsys.readouterr().out == (
        "BREAKS  node: required field added; "
        "consumers with the new schema break on data written with the old one, "
        "because the field that they require is missing; "
        "consumers with the old schema break on data written with the new one, "
        "because the field is not declared there, and refused.\n"
        f"{old} -> {new}: not backward compatible for strict readers, 1 of 1 changes break it\n"
    )
    assert twin("check", old, new, "--mode", "forward") == 99
    assert twin("check", old, new, "--mode", "forward", "--readers", "tolerant") == 0
    assert twin("check", old, new, "--mode", "none") == 0
    assert twin("check", new, new, "--mode", "full") == 0
    assert "full compatible for strict readers, 0 changes" in capsys.readouterr().out


def test_a_released_file_is_compatible_with_its_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("check", SCHEMAS / "stock.moved" / "1.0.0.json", "stock.moved", "--mode", "full") == 0
    assert "0 changes" in capsys.readouterr().out


def test_what_is_no_schema_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.json").write_text("{", encoding="utf-8")
    for wrong, said in (
        ("nothing", "neither a file nor an event"),
        (tmp_path / "text.json", "is not JSON"),
        (written(tmp_path, list=[1])[0], "must be an object"),
        (written(tmp_path, odd={"not": {}})[0], "#: not without a type is not compared"),
        (written(tmp_path, wrong={"type": "object", "properties": 5})[0], "not a JSON Schema: "),
        (written(tmp_path, regex={"type": "string", "pattern": "("})[0], "not a JSON Schema: "),
    ):
        assert twin("check", wrong, wrong) == ExitCode.USAGE == 2
        assert said in capsys.readouterr().err
    assert twin("schema", "nothing") == 2
    assert twin("check", tmp_path, "stock.moved") == ExitCode.RESULTS


def test_documents_are_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command, key in ((("asyncapi",), "asyncapi"), (("openapi",), "openapi"), (("schema", "order.placed"), "$id")):
        assert twin(*command) == 0
        text = capsys.readouterr().out
        assert key in json.loads(text)
        out = tmp_path / "new" / f"{command[0]}.json"
        assert twin(*command, "--out", out) == 0
        assert capsys.readouterr().out == f"{out} written\n"
        assert out.read_text(encoding="utf-8") == text
