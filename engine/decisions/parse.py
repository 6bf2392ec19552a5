"""DMN XML → checked model.

Law: every fault is collected, none stops the reading, so that an owner sees all of them at once. What the
standard allows and this room does not run is a fault with its name, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator as Iterable

from lxml import etree

from engine.decisions import model as m
from engine.decisions.parse_boxed import BoxedReader, child, children, name_of, text_of
from engine.decisions.xml import DMN_NAMESPACES, line_of, local_name, namespace_of, read_root
from engine.errors import Fault, ModelRefused

# What a definitions element may hold besides what we run: drawing, documentation and organisation.
_SILENT = frozenset(
    {
        "description",
        "extensionElements",
        "knowledgeSource",
        "textAnnotation",
        "association",
        "group",
        "elementCollection",
        "organizationUnit",
        "performanceIndicator",
        "businessContextElement",
        "artifact",
    }
)
_READ = frozenset(
    {
        "import",
        "itemDefinition",
        "inputData",
        "decision",
        "businessKnowledgeModel",
        "decisionService",
    }
)


def parse_model(xml: bytes | str, file: str = "", max_bytes: int = 0) -> tuple[m.Model, tuple[Fault, ...]]:
    """The model in `xml` and the faults found while reading it.

    Raises ModelRefused when there is no model at all: malformed XML, a DOCTYPE, another format.
    """
    root = read_root(xml, file, max_bytes)
    if local_name(root) != "definitions" or namespace_of(root) not in DMN_NAMESPACES:
        raise ModelRefused([_not_dmn(root, file)])
    reader = _ModelReader(root, file)
    return reader.read(), tuple(reader.faults)


def _not_dmn(root: etree._Element, file: str) -> Fault:
    found = f"{{{namespace_of(root)}}}{local_name(root)}"
    return Fault(
        "dmn.not_dmn",
        None,
        line_of(root),
        f"This is not a DMN 1.1 to 1.5 model (the root element is {found}).",
        f"这不是 DMN 1.1 至 1.5 模型（根元素为 {found}）。",
        "Save it as DMN in Camunda Modeler.",
        "请在 Camunda Modeler 中另存为 DMN。",
        file=file,
    )


class _ModelReader(BoxedReader):
    """Walks one `definitions` element; `faults` grows while it goes."""

    def __init__(self, root: etree._Element, file: str) -> None:
        self.root = root
        super().__init__(namespace_of(root), root.get("expressionLanguage", ""), file)
        self.namespace = root.get("namespace", "")

    def read(self) -> m.Model:
        root = self.root
        for element in root:
            tag = local_name(element)
            if tag and namespace_of(element) == self.dmn and tag not in _SILENT and tag not in _READ:
                self.unknown(element, local_name(root))
        return m.Model(
            id=root.get("id", ""),
            name=name_of(root),
            namespace=self.namespace,
            dmn_namespace=self.dmn,
            language=root.get("expressionLanguage", ""),
            imports=tuple(self._import(e) for e in self.children(root, "import")),
            items=tuple(self._item(e) for e in self.children(root, "itemDefinition")),
            inputs=tuple(self._input(e) for e in self.children(root, "inputData")),
            decisions=tuple(self._decision(e) for e in self.children(root, "decision")),
            knowledge=tuple(self._knowledge(e) for e in self.children(root, "businessKnowledgeModel")),
            services=tuple(self._service(e) for e in self.children(root, "decisionService")),
            prefixes=tuple(sorted((p or "", uri) for p, uri in root.nsmap.items())),
        )

    def children(self, element: etree._Element, tag: str) -> Iterable[etree._Element]:
        return children(element, self.dmn, tag)

    def _import(self, element: etree._Element) -> m.Import:
        return m.Import(name_of(element), element.get("namespace", ""), element.get("importType", ""), line_of(element))

    def _item(self, element: etree._Element) -> m.ItemDefinition:
        function = child(element, self.dmn, "functionItem")
        return m.ItemDefinition(
            name=name_of(element),
            type_ref=text_of(child(element, self.dmn, "typeRef")),
            is_collection=element.get("isCollection", "false").strip() in ("true", "1"),
            components=tuple(self._item(e) for e in self.children(element, "itemComponent")),
            function=None if function is None else self._function_item(function),
            allowed=self.optional_text(element, "allowedValues"),
            constraint=self.optional_text(element, "typeConstraint"),
            line=line_of(element),
            id=element.get("id", ""),
        )

    def _function_item(self, element: etree._Element) -> m.FunctionItem:
        parameters = tuple(self.variable_of(e) for e in self.children(element, "parameters"))
        return m.FunctionItem(parameters, element.get("outputTypeRef", ""))

    def _input(self, element: etree._Element) -> m.InputData:
        return m.InputData(self._id(element), name_of(element), self._variable(element), line_of(element))

    def _decision(self, element: etree._Element) -> m.Decision:
        return m.Decision(
            id=self._id(element),
            name=name_of(element),
            variable=self._variable(element),
            required_inputs=self._required(element, "informationRequirement", "requiredInput"),
            required_decisions=self._required(element, "informationRequirement", "requiredDecision"),
            required_knowledge=self._required(element, "knowledgeRequirement", "requiredKnowledge"),
            logic=self.boxed_child(element),
            line=line_of(element),
            version_tag=_version_tag(element),
        )

    def _knowledge(self, element: etree._Element) -> m.BusinessKnowledge:
        logic = child(element, self.dmn, "encapsulatedLogic")
        return m.BusinessKnowledge(
            id=self._id(element),
            name=name_of(element),
            variable=self._variable(element),
            function=None if logic is None else self.function(logic),
            required_knowledge=self._required(element, "knowledgeRequirement", "requiredKnowledge"),
            line=line_of(element),
        )

    def _service(self, element: etree._Element) -> m.DecisionService:
        return m.DecisionService(
            id=self._id(element),
            name=name_of(element),
            variable=self._variable(element),
            output_decisions=self._references(element, "outputDecision"),
            encapsulated_decisions=self._references(element, "encapsulatedDecision"),
            input_decisions=self._references(element, "inputDecision"),
            input_data=self._references(element, "inputData"),
            line=line_of(element),
        )

    def _id(self, element: etree._Element) -> str:
        return element.get("id") or name_of(element)

    def _variable(self, element: etree._Element) -> m.Variable:
        """The element's variable; DMN 1.1 tools sometimes leave it out, then it bears the element's name."""
        variable = child(element, self.dmn, "variable")
        if variable is None:
            return m.Variable(name_of(element), "", line_of(element), written=False)
        found = self.variable_of(variable)
        return found if found.name else m.Variable(name_of(element), found.type_ref, found.line)

    def _required(self, element: etree._Element, requirement: str, tag: str) -> tuple[m.Reference, ...]:
        return tuple(reference for e in self.children(element, requirement) for reference in self._references(e, tag))

    def _references(self, element: etree._Element, tag: str) -> tuple[m.Reference, ...]:
        return tuple(self._reference(e) for e in self.children(element, tag))

    def _reference(self, element: etree._Element) -> m.Reference:
        namespace, _, ident = element.get("href", "").strip().rpartition("#")
        return m.Reference("" if namespace == self.namespace else namespace, ident, line_of(element))


def _version_tag(element: etree._Element) -> str:
    """`camunda:versionTag` of a decision (its relatives' names too), or `zeebe:versionTag` among its extensions."""
    own = next((str(value) for name, value in element.attrib.items() if str(name).endswith("}versionTag")), "")
    found = element.xpath("*[local-name()='extensionElements']/*[local-name()='versionTag']/@value")
    return own or (str(found[0]) if isinstance(found, list) and found else "")
