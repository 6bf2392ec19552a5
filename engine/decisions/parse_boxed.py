"""Boxed expressions (DMN 1.5 §10.2.2, §8 for tables) from XML to the model.

Law: a table keeps every cell as text with its line; nothing is interpreted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from engine.decisions import model as m
from engine.decisions.xml import line_of, local_name, namespace_of
from engine.errors import Fault


def children(element: etree._Element, namespace: str, tag: str) -> Iterator[etree._Element]:
    """The children with that tag of the model's own DMN namespace."""
    return element.iterchildren(f"{{{namespace}}}{tag}")


def child(element: etree._Element, namespace: str, tag: str) -> etree._Element | None:
    return next(children(element, namespace, tag), None)


def text_of(element: etree._Element | None) -> str:
    """The text of an element, without the blanks around it; "" when there is none."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def name_of(element: etree._Element) -> str:
    """The `name` attribute with runs of blanks made one, as FEEL reads names (DMN 1.5 §10.3.1.5)."""
    return " ".join(element.get("name", "").split())


class BoxedReader:
    """Reads boxed expressions; collects faults."""

    def __init__(self, dmn: str, language: str, file: str) -> None:
        self.dmn = dmn
        self.language = language
        self.file = file
        self.faults: list[Fault] = []
        self._readers: dict[str, Callable[[etree._Element], m.Boxed]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "relation": self._relation,
            "list": self._list,
            "functionDefinition": self.function,
            "invocation": self._invocation,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._iterator,
            "some": self._iterator,
            "every": self._iterator,
            "decisionTable": self._table,
        }

    # ── shared ──

    def fault(self, rule: str, element: etree._Element, en: str, zh: str, hint_en: str = "", hint_zh: str = "") -> None:
        place = _nearest_id(element)
        self.faults.append(Fault(rule, place, line_of(element), en, zh, hint_en, hint_zh, file=self.file))

    def unknown(self, element: etree._Element, where: str) -> None:
        tag = local_name(element)
        self.fault(
            "dmn.unknown_element",
            element,
            f"<{tag}> inside <{where}> is not an element that is run here.",
            f"<{where}> 中的 <{tag}> 不是可执行的元素。",
        )

    def variable_of(self, element: etree._Element) -> m.Variable:
        return m.Variable(name_of(element), element.get("typeRef", "").strip(), line_of(element))

    def optional_text(self, element: etree._Element, tag: str) -> m.Text | None:
        """The `<text>` of a child such as allowedValues; None when it is absent or blank."""
        found = child(element, self.dmn, tag)
        if found is None:
            return None
        text = self._text(found)
        return text if text.text else None

    def boxed_child(self, element: etree._Element) -> m.Boxed | None:
        """The one boxed expression among the children, if any."""
        boxes = self._boxed_children(element)
        if len(boxes) > 1:
            self.fault(
                "dmn.several_expressions",
                element,
                f"<{local_name(element)}> holds {len(boxes)} expressions; one is allowed.",
                f"<{local_name(element)}> 含有 {len(boxes)} 个表达式，只允许一个。",
            )
        return boxes[0] if boxes else None

    def _boxed_children(self, element: etree._Element) -> tuple[m.Boxed, ...]:
        return tuple(
            self._readers[local_name(e)](e)
            for e in element
            if local_name(e) in self._readers and namespace_of(e) == self.dmn
        )

    def _wrapped(self, element: etree._Element, tag: str) -> m.Boxed | None:
        wrapper = child(element, self.dmn, tag)
        return None if wrapper is None else self.boxed_child(wrapper)

    def _text(self, element: etree._Element, language: str = "") -> m.Text:
        inner = child(element, self.dmn, "text")
        language = element.get("expressionLanguage", "") or language or self.language
        line = line_of(element if inner is None else inner)
        return m.Text(text_of(inner), line, language)

    # ── expressions ──

    def _literal(self, element: etree._Element) -> m.Literal:
        if child(element, self.dmn, "importedValues") is not None:
            self.fault(
                "dmn.imported_values",
                element,
                "importedValues are not run.",
                "不支持 importedValues。",
                "Write the values into the expression.",
                "请将值直接写入表达式。",
            )
        return m.Literal(self._text(element), *_common(element))

    def _context(self, element: etree._Element) -> m.Context:
        entries = []
        for e in children(element, self.dmn, "contextEntry"):
            variable = child(e, self.dmn, "variable")
            name = "" if variable is None else name_of(variable)
            type_ref = "" if variable is None else variable.get("typeRef", "").strip()
            entries.append(m.Entry(name, type_ref, self.boxed_child(e), line_of(e)))
        return m.Context(tuple(entries), *_common(element))

    def _relation(self, element: etree._Element) -> m.Relation:
        columns = tuple(self.variable_of(e) for e in children(element, self.dmn, "column"))
        rows = []
        for number, row in enumerate(children(element, self.dmn, "row"), 1):
            cells = self._boxed_children(row)
            if len(cells) != len(columns):
                self.fault(
                    "dmn.relation_row",
                    row,
                    f"Row {number} of the relation has {len(cells)} cells for {len(columns)} columns.",
                    f"关系表第 {number} 行有 {len(cells)} 个单元格，应为 {len(columns)} 个。",
                )
            rows.append(cells)
        return m.Relation(columns, tuple(rows), *_common(element))

    def _list(self, element: etree._Element) -> m.ListOf:
        return m.ListOf(self._boxed_children(element), *_common(element))

    def function(self, element: etree._Element) -> m.Function:
        """A functionDefinition or a BKM's encapsulatedLogic."""
        parameters = tuple(self.variable_of(e) for e in children(element, self.dmn, "formalParameter"))
        kind = element.get("kind", "FEEL").strip() or "FEEL"
        return m.Function(parameters, self.boxed_child(element), kind, *_common(element))

    def _invocation(self, element: etree._Element) -> m.Invocation:
        bindings = []
        for e in children(element, self.dmn, "binding"):
            parameter = child(e, self.dmn, "parameter")
            name = "" if parameter is None else name_of(parameter)
            bindings.append(m.Binding(name, self.boxed_child(e), line_of(e)))
        return m.Invocation(self.boxed_child(element), tuple(bindings), *_common(element))

    def _conditional(self, element: etree._Element) -> m.Conditional:
        condition, then, otherwise = (self._wrapped(element, tag) for tag in ("if", "then", "else"))
        return m.Conditional(condition, then, otherwise, *_common(element))

    def _filter(self, element: etree._Element) -> m.Filter:
        return m.Filter(self._wrapped(element, "in"), self._wrapped(element, "match"), *_common(element))

    def _iterator(self, element: etree._Element) -> m.Iterator:
        kind = local_name(element)
        body = self._wrapped(element, "return" if kind == "for" else "satisfies")
        variable = " ".join(element.get("iteratorVariable", "").split())
        return m.Iterator(kind, variable, self._wrapped(element, "in"), body, *_common(element))

    # ── tables ──

    def _table(self, element: etree._Element) -> m.DecisionTable:
        inputs = tuple(self._input_clause(e) for e in children(element, self.dmn, "input"))
        outputs = tuple(self._output_clause(e) for e in children(element, self.dmn, "output"))
        if not outputs:
            self.fault("dmn.table_without_output", element, "The table has no output column.", "决策表没有输出列。")
        rules = tuple(
            self._rule(e, number, len(inputs), len(outputs))
            for number, e in enumerate(children(element, self.dmn, "rule"), 1)
        )
        return m.DecisionTable(
            inputs,
            outputs,
            rules,
            self._hit_policy(element),
            self._aggregation(element),
            element.get("outputLabel", ""),
            *_common(element),
        )

    def _hit_policy(self, element: etree._Element) -> m.HitPolicy:
        written = element.get("hitPolicy", "UNIQUE").strip()
        try:
            return m.HitPolicy(written)
        except ValueError:
            known = ", ".join(m.HitPolicy)
            self.fault(
                "dmn.hit_policy",
                element,
                f"“{written}” is not a hit policy. Known: {known}.",
                f"“{written}”不是命中策略。可用：{known}。",
            )
            return m.HitPolicy.UNIQUE

    def _aggregation(self, element: etree._Element) -> m.Aggregation | None:
        written = element.get("aggregation", "").strip()
        if not written:
            return None
        try:
            return m.Aggregation(written)
        except ValueError:
            known = ", ".join(m.Aggregation)
            self.fault(
                "dmn.aggregation",
                element,
                f"“{written}” is not an aggregation. Known: {known}.",
                f"“{written}”不是聚合方式。可用：{known}。",
            )
            return None

    def _input_clause(self, element: etree._Element) -> m.InputClause:
        inner = child(element, self.dmn, "inputExpression")
        variable = next((str(v) for k, v in element.items() if str(k).endswith("}inputVariable")), "")
        if inner is None or not text_of(child(inner, self.dmn, "text")):
            self.fault(
                "dmn.input_without_expression",
                element,
                "An input column has no expression.",
                "输入列没有表达式。",
                "Name the variable or write the FEEL expression that the column tests.",
                "请填写该列所判断的变量名或 FEEL 表达式。",
            )
        text = m.Text("", line_of(element)) if inner is None else self._text(inner)
        return m.InputClause(
            text,
            "" if inner is None else inner.get("typeRef", "").strip(),
            element.get("label", ""),
            self.optional_text(element, "inputValues"),
            line_of(element),
            element.get("id", ""),
            variable,
        )

    def _output_clause(self, element: etree._Element) -> m.OutputClause:
        return m.OutputClause(
            name_of(element),
            element.get("label", ""),
            element.get("typeRef", "").strip(),
            self.optional_text(element, "outputValues"),
            self.optional_text(element, "defaultOutputEntry"),
            line_of(element),
            element.get("id", ""),
        )

    def _rule(self, element: etree._Element, number: int, inputs: int, outputs: int) -> m.Rule:
        tests = tuple(self._text(e) for e in children(element, self.dmn, "inputEntry"))
        results = tuple(self._text(e) for e in children(element, self.dmn, "outputEntry"))
        if len(tests) != inputs or len(results) != outputs:
            self.fault(
                "dmn.rule_width",
                element,
                f"Rule {number} has {len(tests)} + {len(results)} cells; the table has {inputs} input and "
                f"{outputs} output columns.",
                f"规则 {number} 有 {len(tests)} + {len(results)} 个单元格，"
                f"而表有 {inputs} 个输入列和 {outputs} 个输出列。",
            )
        notes = [text_of(child(element, self.dmn, "description"))]
        notes += [text_of(child(e, self.dmn, "text")) for e in children(element, self.dmn, "annotationEntry")]
        annotations = tuple(note for note in notes if note)
        return m.Rule(number, tests, results, annotations, line_of(element), element.get("id", ""))


def _common(element: etree._Element) -> tuple[str, int, str]:
    """Type reference, line and id, which every boxed expression carries."""
    return element.get("typeRef", "").strip(), line_of(element), element.get("id", "")


def _nearest_id(element: etree._Element | None) -> str | None:
    while element is not None:
        if found := element.get("id"):
            return found
        element = element.getparent()
    return None
