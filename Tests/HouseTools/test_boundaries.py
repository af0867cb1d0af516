"""Every rule of Tools/boundaries refuses what it is there to refuse, and nothing else."""

import pathlib
import subprocess

import pytest

BOUNDARIES = pathlib.Path(__file__).parents[2] / "Tools" / "boundaries"

# A package in which all is well.
SOUND = {
    "Modules/PipelineCore/A.swift": "public struct A {}\n",
    "Modules/Ingestion/B.swift": "public import PipelineCore\ninternal import Crypto\n/// Not fatalError() nor import Processing.\n",
    "Modules/Gzip/CZlib/module.modulemap": "module CZlib {}\n",
    "Modules/Gzip/Sources/Zlib.swift": "internal import CZlib\n",
    "Plugins/SQLite/Sources/C.swift": (
        "#if canImport(FoundationEssentials)\ninternal import FoundationEssentials\n#else\ninternal import Foundation\n#endif\n"
        "public import PipelineCore\ninternal import BlockingIO\ninternal import GRDB\n"
        "let text = \"try! as! fatalError()\"\n"
        "// SAFETY: the lock below\n// guards it.\nfinal class Box: @unchecked Sendable {}\n"
    ),
    "Tests/AnyTests/T.swift": "import Foundation\nimport Ingestion\nimport SQLitePlugin\nlet x = try! y()\n",
    "Tools/millrace/Main.swift": "import Ingestion\nimport SQLitePlugin\n",
}

BREACHES = [
    ("Modules/Ingestion/X.swift", "import Processing\n", "Ingestion may not import Processing"),
    ("Modules/Processing/X.swift", "public import Lake\n", "Processing may not import Lake"),
    ("Modules/VisualizationExport/X.swift", "@testable import struct Ingestion.B\n", "may not import Ingestion"),
    ("Modules/PipelineCore/X.swift", "internal import BlockingIO\n", "PipelineCore may not import BlockingIO"),
    ("Modules/PipelineRuntime/X.swift", "import SQLitePlugin\n", "a module imports the plugin SQLitePlugin"),
    ("Modules/MillraceClient/X.swift", "internal import PipelineCore\n", "MillraceClient may not import PipelineCore"),
    ("Modules/Novelty/X.swift", "let x = 1\n", "does not say what this module may import"),
    ("Plugins/SQLite/Sources/X.swift", "import Lake\n", "a plugin may not import Lake"),
    ("Plugins/SQLite/Sources/X.swift", "import DuckDBPlugin\n", "a plugin may not import DuckDBPlugin"),
    ("Plugins/SQLite/Sources/X.swift", "import CZlib\n", "CZlib belongs to Modules/Gzip"),
    ("Tools/millrace/X.swift", "import CZlib\n", "CZlib belongs to Modules/Gzip"),
    ("Modules/Gzip/Sources/X.swift", "internal import CZlib\n", "more than one file imports CZlib"),
    ("Modules/Lake/X.swift", "internal import Foundation\n", "import FoundationEssentials where it can be imported"),
    ("Modules/Lake/X.swift", "import struct Foundation.Data\n", "import FoundationEssentials where it can be imported"),
    (
        "Modules/Lake/X.swift",
        "#if canImport(FoundationEssentials)\nimport Foundation\n#endif\n",
        "import FoundationEssentials where it can be imported",
    ),
    ("Modules/Lake/X.swift", "let x = try! y()\n", "not allowed here: let x = try! y()"),
    ("Modules/Lake/X.swift", "let x = y as! Int\n", "not allowed here"),
    ("Plugins/SQLite/Sources/X.swift", "fatalError(\"no\")\n", "not allowed here"),
    ("Plugins/SQLite/Sources/X.swift", "Task.detached { }\n", "not allowed here"),
    ("Plugins/SQLite/Sources/X.swift", "let s = DispatchSemaphore(value: 0)\n", "not allowed here"),
    ("Plugins/SQLite/Sources/X.swift", "JSONSerialization.data(x)\n", "not allowed here"),
    ("Modules/Lake/X.swift", "class X: @unchecked Sendable {}\n", "say above why this is safe"),
    ("Modules/Lake/X.swift", "// SAFETY: far\nlet a = 1\nnonisolated(unsafe) var b = 1\n", "say above why this is safe"),
    ("Tools/millrace/X.swift", "@preconcurrency import Yams\n", "say above why this is safe"),
    ("Modules/Lake/X.swift", "struct TableManager {}\n", "the name says nothing: struct TableManager"),
    ("Tests/AnyTests/X.swift", "enum TestHelpers {}\n", "the name says nothing: enum TestHelpers"),
    ("Modules/Lake/StringUtils.swift", "extension String {}\n", "the name says nothing"),
    ("Modules/Lake/Common/X.swift", "let x = 1\n", "the name says nothing"),
    ("Tests/AnyTests/X.swift", "// TODO: finish\n", "do it or leave it out"),
]


def check(folder: pathlib.Path, files: dict[str, str]) -> subprocess.CompletedProcess:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return subprocess.run([BOUNDARIES, folder], capture_output=True, text=True)


def test_a_sound_package_passes(tmp_path):
    result = check(tmp_path, SOUND)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("path, text, complaint", BREACHES)
def test_a_breach_is_refused_at_its_place(tmp_path, path, text, complaint):
    result = check(tmp_path, SOUND | {path: text})
    lines = result.stderr.splitlines()
    assert result.returncode == 1
    assert len(lines) == 1, lines
    assert complaint in lines[0]


def test_a_reason_allows_all_of_foundation(tmp_path):
    text = "// Foundation: only it has Process\ninternal import Foundation\n"
    assert check(tmp_path, SOUND | {"Modules/Lake/X.swift": text}).returncode == 0

