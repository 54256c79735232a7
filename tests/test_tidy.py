"""The rules of the house that a reader relies on, read from the syntax of every source file."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "connectors", "stream")
NAMES = sorted(path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PURE_DESK = ("acts", "board", "case_file", "flow", "history", "picture", "roles", "standing", "veil", "words")
PURE_STREAM = (
    "alert_queue",
    "bundle",
    "chains",
    "entry_processor",
    "evaluation",
    "keyed_processor",
    "partitioning",
    "quality",
    "replay",
    "simulator",
)
"""Parts of `stream` that are plain functions of their input, like the core: the processors, the replay, the simulated bank, the
evaluation; and of the desk what the pages show and what a form becomes."""

MODELS_MAY_IMPORT = {"models", "msgspec", "mypy_extensions", "numpy", "river"}
CONNECTORS_MAY_IMPORT = {"connectors", "models", "msgspec", "numpy", "pyarrow"}
EDGE = {"faust", "mode", "aiokafka", "kafka", "prometheus_client", "aiohttp", "confluent_kafka"}
CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "perf_counter"),
    ("time", "perf_counter_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(text_of(name))


def offenders(names: Iterable[str], breaks: Callable[[str], bool]) -> list[str]:
    """Return the files that break a rule."""
    return [name for name in names if breaks(name)]


def imported(tree: ast.AST) -> set[str]:
    """Return the packages that a file names in its imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            found.add((node.module or "").partition(".")[0])
    return found


def named(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield every (name, attribute) that is written `name.attribute`, and every `from name import attribute`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def called(tree: ast.AST) -> set[str]:
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def is_pure(name: str) -> bool:
    """Return whether a file must be a plain function of its input."""
    package, _, rest = name.partition("/")
    if name.startswith("stream/desk/"):
        return name.removeprefix("stream/desk/").removesuffix(".py") in PURE_DESK
    return package == "models" or (package == "stream" and rest.partition("/")[0].removesuffix(".py") in PURE_STREAM)


PURE = [name for name in NAMES if is_pure(name)]


def test_imports_point_inwards_only() -> None:
    """models <- connectors <- stream; Kafka, Faust and Prometheus stand at the edge."""
    assert offenders(NAMES, _imports_outwards) == []


def _imports_outwards(name: str) -> bool:
    others = imported(tree_of(name)) - sys.stdlib_module_names
    if name.startswith("models/"):
        return not others <= MODELS_MAY_IMPORT
    if name.startswith("connectors/"):
        return not others <= CONNECTORS_MAY_IMPORT | ({"kafka"} if name.startswith("connectors/kafka_") else set())
    return "tests" in others or (is_pure(name) and bool(others & EDGE))


def test_the_core_loads_without_broker_stream_or_metrics() -> None:
    program = (
        "import sys, models.country, models.rulebook, models.decide, connectors.contract_json, tomllib, pathlib\n"
        "files = ('deploy/policy.toml', 'deploy/countries/cn.toml')\n"
        "policy, pack = (tomllib.loads(pathlib.Path(file).read_text('utf-8')) for file in files)\n"
        "models.rulebook.build_rulebook(models.country.complete(policy, pack))\n"
        "sys.stdout.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & (EDGE | {"stream"})


def test_the_core_reads_no_clock() -> None:
    assert offenders(PURE, lambda name: bool(set(named(tree_of(name))) & CLOCKS)) == []


def test_the_core_leaves_nothing_to_chance() -> None:
    """The simulated bank draws from generators with a seed; nothing else draws."""
    assert offenders(PURE, _draws_freely) == []


def _draws_freely(name: str) -> bool:
    tree = tree_of(name)
    if name.startswith("stream/simulator/"):
        drawn = {attribute for module, attribute in named(tree) if module == "random"}
        return not drawn <= {"Random"} or bool(imported(tree) & {"secrets", "uuid"})
    return bool(imported(tree) & {"random", "secrets", "uuid"})


def test_the_core_waits_for_nothing() -> None:
    assert offenders(PURE, _waits) == []


def _waits(name: str) -> bool:
    tree = tree_of(name)
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    modules = {"asyncio", "threading", "concurrent", "multiprocessing", "socket", "subprocess"}
    return bool(imported(tree) & modules) or any(isinstance(node, waiting) for node in ast.walk(tree))


def test_the_core_touches_no_file() -> None:
    files = {"os", "io", "pathlib", "shutil", "tempfile", "logging"}
    core = [name for name in NAMES if name.startswith("models/")]
    assert offenders(core, lambda name: "open" in called(tree_of(name)) or bool(imported(tree_of(name)) & files)) == []


def test_nothing_prints() -> None:
    """The command line writes through click and rich, everything else into the log."""
    assert offenders(NAMES, lambda name: bool(called(tree_of(name)) & {"print", "input", "breakpoint"})) == []


def test_nothing_runs_code_that_it_was_given() -> None:
    """State and records are data: no pickle comes from a topic or a file."""
    loaders = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    runners = {"eval", "exec"}
    assert offenders(NAMES, lambda name: bool(imported(tree_of(name)) & loaders or called(tree_of(name)) & runners)) == []


def test_nothing_is_left_undone() -> None:
    assert offenders(NAMES, lambda name: bool(re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text_of(name)))) == []


def test_every_file_says_what_it_is_for() -> None:
    assert offenders(NAMES, lambda name: not (ast.get_docstring(tree_of(name)) or "").strip()) == []


def test_nothing_names_a_folder_of_somebodys_machine() -> None:
    assert offenders(NAMES, lambda name: bool(re.search(r"/(home|root|Users|work)/\w", text_of(name)))) == []


def test_money_is_counted_in_whole_minor_units() -> None:
    """A name that ends in `_minor` holds an integer: never annotated as a float, never the plain result of a division."""
    faults = {name: [node.lineno for node in ast.walk(tree_of(name)) if _is_fractional_money(node)] for name in NAMES}
    assert {name: lines for name, lines in faults.items() if lines} == {}


def _is_fractional_money(node: ast.AST) -> bool:
    match node:
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            return _is_money(target) and (_names_float(annotation) or (value is not None and _is_fraction(value)))
        case ast.arg(arg=argument, annotation=annotation):
            return argument.endswith("_minor") and annotation is not None and _names_float(annotation)
        case ast.Assign(targets=targets, value=value):
            return any(_is_money(target) for target in targets) and _is_fraction(value)
        case ast.AugAssign(target=target, op=op, value=value):
            return _is_money(target) and (isinstance(op, ast.Div) or _is_fraction(value))
        case ast.FunctionDef(name=function, returns=returns):
            return function.endswith("_minor") and returns is not None and _names_float(returns)
        case ast.keyword(arg=argument, value=value):
            return argument is not None and argument.endswith("_minor") and _is_fraction(value)
    return False


def _is_money(target: ast.expr) -> bool:
    name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
    return name.endswith("_minor")


def _names_float(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id in ("float", "Decimal") for node in ast.walk(annotation))


def _is_fraction(value: ast.expr) -> bool:
    """Return whether an expression is a fraction: a float, or a division or product with one that nothing rounds."""
    match value:
        case ast.Constant(value=constant):
            return isinstance(constant, float)
        case ast.BinOp(op=op, left=left, right=right):
            return isinstance(op, ast.Div) or _is_fraction(left) or _is_fraction(right)
        case ast.UnaryOp(operand=operand):
            return _is_fraction(operand)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_fraction(body) or _is_fraction(orelse)
        case ast.Call(func=ast.Name(id="float")):
            return True
    return False


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("left_minor = total_minor / 2", True),
        ("left_minor: float = 3", True),
        ("left_minor = 0.5", True),
        ("left_minor *= 0.5", True),
        ("self.left_minor = -(total_minor * 0.1)", True),
        ("def left_minor() -> float: ...", True),
        ("def take(amount_minor: float | None) -> None: ...", True),
        ("take(amount_minor=total_minor / 2)", True),
        ("left_minor = total_minor // 2", False),
        ("left_minor = round(total_minor * 0.1)", False),
        ("share = left_minor / total_minor", False),
    ],
)
def test_the_rule_about_money_finds_what_it_forbids(line: str, *, is_fault: bool) -> None:
    assert any(_is_fractional_money(node) for node in ast.walk(ast.parse(line))) is is_fault


def test_no_worker_is_made_of_faust_s_own_app_which_leaves_a_folder_in_the_current_one() -> None:
    baseline = {"stream/bench/naive_faust.py"}
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert {name for name in tests.union(NAMES) - baseline if re.search(r"= faust\.App\(", text_of(name))} == set()


def test_every_kafka_client_is_made_with_the_tls_and_login_of_the_settings() -> None:
    """No client names its brokers itself; only the measurements do, which refuse settings with TLS."""
    arguments = {"aiokafka_arguments", "kafka_python_arguments"}
    faults = {name: lines for name in NAMES if (lines := _clients_without(arguments, tree_of(name)))}
    assert {name for name in faults if not name.startswith("stream/bench/")} == set()
    assert {name for name in NAMES if re.search(r"\bsettings\.bootstrap\b", text_of(name))} == {"stream/kafka_security.py"}


def _clients_without(arguments: set[str], tree: ast.AST) -> list[int]:
    clients = {"KafkaAdminClient", "KafkaConsumer", "KafkaProducer"}
    clients |= {f"AIO{client}" for client in clients}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in clients
        and not any(
            keyword.arg is None and isinstance(keyword.value, ast.Call) and getattr(keyword.value.func, "id", "") in arguments
            for keyword in node.keywords
        )
    ]


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("AIOKafkaProducer(bootstrap_servers=bootstrap)", True),
        ("kafka.KafkaConsumer(topic, **settings)", True),
        ("aiokafka.AIOKafkaConsumer(topic, **aiokafka_arguments(where), group_id=None)", False),
        ("KafkaAdminClient(**kafka_python_arguments(where))", False),
    ],
)
def test_the_rule_about_clients_finds_what_it_forbids(line: str, *, is_fault: bool) -> None:
    assert bool(_clients_without({"aiokafka_arguments", "kafka_python_arguments"}, ast.parse(line))) is is_fault
