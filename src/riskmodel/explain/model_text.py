"""Reads LightGBM's own text model, strictly: a malformed file is an error that names the place, never a crash.

Only what scoring and explaining need is read; gains, weights and feature infos are skipped. Every number is checked for
its form and every child for its place, so that the kernels may follow them without looking.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from riskmodel.errors import ModelUnreadable, ModelUnsupported

T = TypeVar("T")
VERSIONS = ("v3", "v4")
MOST_LEAVES, MOST_LEVELS = 1 << 20, 1000
"""No tree that anybody grows comes near; a hostile chain of splits would take hours to lay out."""
MOST_ROWS = (1 << 31) - 1
CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_SHIFT = 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2
INTEGER_FORM, NUMBER_FORM, THRESHOLD_FORM = b"0123456789- ", b"0123456789-+.eE ", b"0123456789-+.eEinf "


@dataclass(frozen=True, slots=True)
class TextTree:
    """One tree as the file tells it: internal nodes and leaves each counted from 0; child ``-1 - i`` is leaf ``i``.

    Attributes
    ----------
    feature, decision, left, right, node_count : list of int
        Per internal node; ``decision`` holds LightGBM's bits for categorical, default direction and missing type.
    threshold : list of float
        Per internal node; of a categorical split, the place of its categories.
    leaf_value : list of float
        Per leaf, shrinkage included.
    leaf_count : list of int
        Training rows per leaf; empty for a single leaf.
    category_bounds, category_bits : list of int
        Bitsets of the categorical splits: words ``bounds[i]:bounds[i + 1]`` hold those that go left.
    """

    feature: list[int]
    threshold: list[float]
    decision: list[int]
    left: list[int]
    right: list[int]
    node_count: list[int]
    leaf_value: list[float]
    leaf_count: list[int]
    category_bounds: list[int]
    category_bits: list[int]


@dataclass(frozen=True, slots=True)
class TextModel:
    """What a text model says.

    Attributes
    ----------
    feature_names : tuple of str
        Columns, in the order of the matrix.
    trees : tuple of TextTree
        Trees, in the order in which their values are added.

    Notes
    -----
    Random forests (``average_output``) are no exception: their raw score and ``pred_contrib`` are sums as well, and only
    LightGBM's probability divides them by the number of trees.
    """

    feature_names: tuple[str, ...]
    trees: tuple[TextTree, ...]


def read_model(text: bytes | str) -> TextModel:
    """Read a model.

    Parameters
    ----------
    text : bytes or str
        As ``Booster.model_to_string`` and ``Booster.save_model`` write it.

    Raises
    ------
    ModelUnreadable
        If it is not such a text, or was damaged.
    ModelUnsupported
        If it is, but of a kind that is not explained exactly here: linear trees, several outputs.
    """
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else bytes(text)
    head, begins, _ = raw.partition(b"\n\n")
    if not begins:
        raise ModelUnreadable("no LightGBM text model: expected a header, a blank line and trees")
    header = _header(head)
    names = _names(header)
    trees = tuple(
        _tree(number, fields, len(names)) for number, fields in enumerate(_blocks(raw, len(head) + 2, header))
    )
    return TextModel(names, trees)


def _header(head: bytes) -> dict[bytes, bytes]:
    lines = head.split(b"\n")
    if lines[0].strip() != b"tree":
        raise ModelUnreadable("no LightGBM text model: expected the first line 'tree'")
    header = _fields(lines[1:], "header")
    version = header.get(b"version", b"").decode("ascii", "replace")
    if version not in VERSIONS:
        raise ModelUnreadable(f"version {version[:20]!r} of the text format; expected one of {', '.join(VERSIONS)}")
    for name in (b"num_class", b"num_tree_per_iteration"):
        if _integer(header, name, "header") != 1:
            raise ModelUnsupported("a multiclass model has several outputs a row; expected a binary model with one")
    return header


def _names(header: Mapping[bytes, bytes]) -> tuple[str, ...]:
    try:
        names = tuple(header[b"feature_names"].decode("utf-8").split(" "))
    except (KeyError, UnicodeDecodeError):
        raise ModelUnreadable("header: expected feature_names in UTF-8") from None
    expected = _integer(header, b"max_feature_idx", "header") + 1
    if len(names) != expected:
        raise ModelUnreadable(f"header: {len(names)} feature_names for {expected} features")
    return names


def _blocks(raw: bytes, start: int, header: Mapping[bytes, bytes]) -> Iterator[dict[bytes, bytes]]:
    """Cut the trees out by the sizes that the header gives; a file that was cut short or grew does not fit them."""
    sizes = _integers(header, b"tree_sizes", "header")
    if any(size <= 0 for size in sizes):
        raise ModelUnreadable("header: tree_sizes must be above 0")
    for number, size in enumerate(sizes):
        block = raw[start : start + size]
        first, _, rest = block.partition(b"\n")
        if first != b"Tree=%d" % number or len(block) != size:
            raise ModelUnreadable(f"tree {number} does not begin where the header says; the file was cut or changed")
        yield _fields(rest.split(b"\n"), f"tree {number}")
        start += size
    if not raw[start:].lstrip(b"\n").startswith(b"end of trees"):
        raise ModelUnreadable(f"expected 'end of trees' after {len(sizes)} trees; the file was cut or changed")


def _fields(lines: Sequence[bytes], where: str) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b"=")
        if name in fields:
            raise ModelUnreadable(f"{where}: {_shown(name)} is told twice")
        if name:
            fields[name] = value
    return fields


def _tree(number: int, fields: Mapping[bytes, bytes], features: int) -> TextTree:
    where = f"tree {number}"
    if fields.get(b"is_linear", b"0") != b"0":
        raise ModelUnsupported(f"{where} is linear in its leaves; expected constant leaves (linear_tree=false)")
    leaves = _integer(fields, b"num_leaves", where)
    if not 1 <= leaves <= MOST_LEAVES:
        raise ModelUnreadable(f"{where}: num_leaves {leaves}; expected 1 to {MOST_LEAVES}")
    values = _several(_numbers, fields, b"leaf_value", where, leaves)
    if leaves == 1:
        return TextTree([], [], [], [], [], [], values, [], [], [])
    nodes = leaves - 1
    tree = TextTree(
        feature=_several(_integers, fields, b"split_feature", where, nodes),
        threshold=_several(_thresholds, fields, b"threshold", where, nodes),
        decision=_several(_integers, fields, b"decision_type", where, nodes),
        left=_several(_integers, fields, b"left_child", where, nodes),
        right=_several(_integers, fields, b"right_child", where, nodes),
        node_count=_several(_integers, fields, b"internal_count", where, nodes),
        leaf_value=values,
        leaf_count=_several(_integers, fields, b"leaf_count", where, leaves),
        **_categories(fields, where),
    )
    _check_nodes(tree, where, features)
    _check_shape(tree, where)
    return tree


def _categories(fields: Mapping[bytes, bytes], where: str) -> dict[str, Any]:
    splits = _integer(fields, b"num_cat", where)
    if splits == 0:
        return {"category_bounds": [0], "category_bits": []}
    bounds = _several(_integers, fields, b"cat_boundaries", where, splits + 1)
    bits = _several(_integers, fields, b"cat_threshold", where, bounds[-1])
    if bounds[0] != 0 or any(low >= high for low, high in pairwise(bounds)):
        raise ModelUnreadable(f"{where}: cat_boundaries must begin at 0 and ascend")
    if any(not 0 <= word < 1 << 32 for word in bits):
        raise ModelUnreadable(f"{where}: cat_threshold must hold words of 32 bits")
    return {"category_bounds": bounds, "category_bits": bits}


def _check_nodes(tree: TextTree, where: str, features: int) -> None:
    for node, (feature, decision) in enumerate(zip(tree.feature, tree.decision, strict=True)):
        if not 0 <= feature < features:
            raise ModelUnreadable(f"{where}: node {node} splits feature {feature} of {features}")
        if not 0 <= decision < 1 << 4 or decision >> MISSING_SHIFT > MISSING_NAN:
            raise ModelUnreadable(f"{where}: node {node} has the unknown decision_type {decision}")
        place, splits = tree.threshold[node], len(tree.category_bounds) - 1
        if decision & CATEGORICAL and not (0 <= place < splits and place == int(place)):
            raise ModelUnreadable(f"{where}: node {node} names categories {place:g} of {splits}")
    if any(not 0 <= count <= MOST_ROWS for count in tree.leaf_count):
        raise ModelUnreadable(f"{where}: leaf_count must be 0 to {MOST_ROWS}")
    if any(count > MOST_ROWS for count in tree.node_count):
        raise ModelUnreadable(f"{where}: internal_count must be at most {MOST_ROWS}")
    if any(count <= 0 for count in tree.node_count):
        # nothing says what share of such a node's rows goes left; LightGBM itself answers NaN
        raise ModelUnsupported(f"{where}: a split that no training row reached (internal_count 0) can't be explained")


def _check_shape(tree: TextTree, where: str) -> None:
    """Tell whether children form one tree: from the first node, every node and every leaf is reached once."""
    leaves, reached_leaves, reached, todo = len(tree.leaf_value), set[int](), set[int](), [(0, 1)]
    while todo:
        node, level = todo.pop()
        if level > MOST_LEVELS:
            raise ModelUnsupported(f"{where}: a path of more than {MOST_LEVELS} splits; limit max_depth")
        if node in reached:
            raise ModelUnreadable(f"{where}: node {node} has two parents")
        reached.add(node)
        for child in (tree.right[node], tree.left[node]):
            if not -leaves <= child < leaves - 1:
                raise ModelUnreadable(f"{where}: node {node} has the child {child}; there are {leaves} leaves")
            if child >= 0:
                todo.append((child, level + 1))
            elif child in reached_leaves:
                raise ModelUnreadable(f"{where}: leaf {~child} has two parents")
            else:
                reached_leaves.add(child)
    if len(reached_leaves) != leaves:
        raise ModelUnreadable(f"{where}: {len(reached_leaves)} of {leaves} leaves are reached")


def _several(
    read: Callable[[Mapping[bytes, bytes], bytes, str], list[T]],
    fields: Mapping[bytes, bytes],
    name: bytes,
    where: str,
    expected: int,
) -> list[T]:
    found = read(fields, name, where)
    if len(found) != expected:
        raise ModelUnreadable(f"{where}: {len(found)} values of {_shown(name)}; expected {expected}")
    return found


def _integer(fields: Mapping[bytes, bytes], name: bytes, where: str) -> int:
    return _several(_integers, fields, name, where, 1)[0]


def _integers(fields: Mapping[bytes, bytes], name: bytes, where: str) -> list[int]:
    # int() alone would take 1_000 and digits of other scripts
    return _parsed(int, _words(fields, name, where, INTEGER_FORM), f"{where}: {_shown(name)} must hold whole numbers")


def _thresholds(fields: Mapping[bytes, bytes], name: bytes, where: str) -> list[float]:
    # a split that only tells missing values from others has an infinite threshold
    return _parsed(float, _words(fields, name, where, THRESHOLD_FORM), f"{where}: {_shown(name)} must hold numbers")


def _numbers(fields: Mapping[bytes, bytes], name: bytes, where: str) -> list[float]:
    wrong = f"{where}: {_shown(name)} must hold finite numbers"
    found = _parsed(float, _words(fields, name, where, NUMBER_FORM), wrong)
    if not all(map(math.isfinite, found)):
        raise ModelUnreadable(wrong)
    return found


def _parsed(kind: Callable[[bytes], T], words: Sequence[bytes], wrong: str) -> list[T]:
    try:
        return [kind(word) for word in words]
    except ValueError:
        raise ModelUnreadable(wrong) from None


def _words(fields: Mapping[bytes, bytes], name: bytes, where: str, form: bytes) -> list[bytes]:
    if name not in fields:
        raise ModelUnreadable(f"{where}: {_shown(name)} is missing")
    value = fields[name]
    if value.translate(None, form):
        raise ModelUnreadable(f"{where}: {_shown(name)} holds something else than numbers")
    return value.split()


def _shown(name: bytes) -> str:
    return name[:40].decode("ascii", "backslashreplace")
