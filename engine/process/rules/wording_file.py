"""What each rule says: severity, message and hint in English and Chinese. Law: words only, no logic.

Written for the person who drew the diagram: what is wrong, then what to do in the modeler.
"""

from __future__ import annotations

from typing import Final, Literal

Entry = tuple[Literal["error", "warning"], str, str, str, str]

FILE: Final[dict[str, Entry]] = {
    "too-large": (
        "error",
        "The file is larger than the {limit} characters that are allowed.",
        "文件过大：超过上限 {limit} 个字符。",
        "Split the model into several files, or remove embedded pictures.",
        "请把模型拆分为多个文件，或删除内嵌图片。",
    ),
    "xml-malformed": (
        "error",
        "The file is not well-formed XML (column {column}): {reason}.",
        "文件不是格式正确的 XML（第 {column} 列）：{reason}。",
        "Open it in the modeler and save it again, or restore the last good copy.",
        "请在建模器中重新打开并保存，或恢复上一个可用版本。",
    ),
    "doctype": (
        "error",
        "The file has a DOCTYPE; entities and document types are not accepted.",
        "文件含有 DOCTYPE；不接受实体与文档类型声明。",
        "Remove the <!DOCTYPE …> part; BPMN files need none.",
        "请删除 <!DOCTYPE …> 部分，BPMN 文件不需要它。",
    ),
    "not-bpmn": (
        "error",
        "This is no BPMN 2.0 file: its root is <{root}>.",
        "这不是 BPMN 2.0 文件：根元素为 <{root}>。",
        "Save the diagram as BPMN 2.0 XML.",
        "请将流程图另存为 BPMN 2.0 XML。",
    ),
    "schema": (
        "error",
        "The file breaks the BPMN 2.0 schema: {reason}.",
        "文件不符合 BPMN 2.0 模式：{reason_zh}。",
        "Open it in the modeler and save it again; if it was written by hand, correct this line.",
        "请在建模器中重新打开并保存；若为手工编写，请更正该行。",
    ),
    "no-process": (
        "error",
        "The file holds no process.",
        "文件中没有流程。",
        "Draw a process with at least one start event.",
        "请绘制至少包含一个开始事件的流程。",
    ),
    "not-executable": (
        "error",
        "The process “{name}” is not marked executable.",
        "流程“{name}”未标记为可执行。",
        "Tick “Executable” on the process in the modeler.",
        "请在建模器的流程属性中勾选“可执行（Executable）”。",
    ),
    "not-executable-skipped": (
        "warning",
        "The process “{name}” is not marked executable and is left out.",
        "流程“{name}”未标记为可执行，已略过。",
        "Tick “Executable” if it should run.",
        "如需运行，请勾选“可执行（Executable）”。",
    ),
    "conversation": (
        "warning",
        "The {kind} describes how parties talk; it is for people only.",
        "“{kind}”描述的是各方之间的交互，仅供阅读。",
        "Nothing need be done; what is sent goes by message events and tasks.",
        "无需处理；实际的收发由消息事件和任务完成。",
    ),
    "choreography": (
        "error",
        "A {kind} describes how parties talk; an engine cannot run it.",
        "“{kind}”描述的是各方之间的交互，引擎无法执行。",
        "Model the part that this house runs as a process in a pool of its own.",
        "请把本机构负责的部分画成单独泳池中的流程。",
    ),
    "duplicate-id": (
        "error",
        "The id “{id}” is used more than once (first in line {first}).",
        "标识“{id}”重复使用（首次出现于第 {first} 行）。",
        "Give each element an id of its own.",
        "请为每个元素设置唯一的标识（id）。",
    ),
    "duplicate-process": (
        "error",
        "Two processes have the id “{id}”.",
        "有两个流程使用同一标识“{id}”。",
        "Rename one of them.",
        "请为其中一个改名。",
    ),
    "missing-id": (
        "error",
        "A {type} has no id.",
        "有一个 {type} 没有标识（id）。",
        "Give it an id; history and reports name elements by it.",
        "请设置标识（id）；历史与报表以它指称元素。",
    ),
    "unknown-element": (
        "error",
        "The engine does not know what a <{type}> in a process does.",
        "引擎无法识别流程中的 <{type}>。",
        "Replace it by an element of BPMN 2.0.",
        "请改用 BPMN 2.0 的元素。",
    ),
    "not-yet": (
        "error",
        "“{name}” is a {feature}, which this version of the engine does not run yet.",
        "“{name}”是{feature_zh}，当前版本的引擎尚不支持。",
        "Model it with other elements; docs/bpmn.md lists what runs.",
        "请用其他元素建模；docs/bpmn.md 列出了已支持的元素。",
    ),
    "ignored-attribute": (
        "warning",
        "Ignored: the attribute {name} has no effect here.",
        "已忽略：属性 {name} 在此不起作用。",
        "Remove it, or express what it means with an attribute that is read (docs/bpmn.md).",
        "请删除，或改用引擎会读取的属性（见 docs/bpmn.md）。",
    ),
    "ignored-extension": (
        "warning",
        "Ignored: the extension element {name} has no effect here.",
        "已忽略：扩展元素 {name} 在此不起作用。",
        "Remove it, or express what it means with an element that is read (docs/bpmn.md).",
        "请删除，或改用引擎会读取的元素（见 docs/bpmn.md）。",
    ),
    "ignored-listener": (
        "warning",
        "Ignored: the listener {name} is not run here.",
        "已忽略：监听器 {name} 此处不会执行。",
        "Draw what it does: a service task with a topic, an event, or an output mapping; deployment refuses it.",
        "请把它所做的事画出来：带主题的服务任务、事件，或输出映射；部署时将被拒绝。",
    ),
    "ignored-vendor": (
        "warning",
        "Ignored: {count} mark(s) of the maker {namespace}.",
        "已忽略：厂商 {namespace} 的 {count} 处标记。",
        "They do not change how the process runs.",
        "它们不影响流程的运行。",
    ),
}

REFERENCES: Final[dict[str, Entry]] = {
    "reference-dangling": (
        "error",
        "It refers to the {kind} “{ref}”, which is not in the file.",
        "它引用的{kind_zh}“{ref}”在文件中不存在。",
        "Choose an existing one, or create it.",
        "请选择已有的对象，或新建一个。",
    ),
    "flow-dangling": (
        "error",
        "The sequence flow “{name}” has no {end}: “{ref}” is no flow node of the file.",
        "顺序流“{name}”缺少{end_zh}：文件中没有流程节点“{ref}”。",
        "Connect the arrow again, or delete it.",
        "请重新连接该箭头，或将其删除。",
    ),
    "flow-crosses-pool": (
        "error",
        "The sequence flow “{name}” leads from one process into another.",
        "顺序流“{name}”从一个流程连到另一个流程。",
        "Between pools use a message: a message throw event here, a catch event there.",
        "泳池之间请使用消息：一侧抛出消息事件，另一侧捕获。",
    ),
    "flow-crosses-scope": (
        "error",
        "The sequence flow “{name}” crosses the border of a sub-process.",
        "顺序流“{name}”穿越了子流程的边界。",
        "End inside the sub-process and continue from its own border.",
        "请在子流程内部结束，再从子流程本身引出顺序流。",
    ),
    "flow-unlisted": (
        "warning",
        "“{node}” lists the sequence flow “{flow}” as {side}, but the flow says otherwise.",
        "“{node}”将顺序流“{flow}”列为{side_zh}，但与该顺序流自身不符。",
        "The flow's own source and target count.",
        "以顺序流自身的起点和终点为准。",
    ),
    "message-flow-inside": (
        "error",
        "The message flow “{id}” stays inside one process.",
        "消息流“{id}”的两端在同一流程内。",
        "Message flows connect pools; inside a process use sequence flows.",
        "消息流用于连接不同的泳池；流程内部请使用顺序流。",
    ),
    "name-missing": (
        "error",
        "The {kind} has no name (for errors and escalations: no code).",
        "该{kind}没有名称（错误与升级：没有代码）。",
        "Give it the name under which it is sent and received.",
        "请填写收发时使用的名称。",
    ),
    "topic-unknown": (
        "error",
        "No handler is registered for the topic “{topic}”.",
        "没有为主题“{topic}”注册处理程序。",
        "Correct the topic, write the handler, or mark the task as external. Near: {near}",
        "请更正主题、编写处理程序，或把任务标为外部任务。相近：{near}",
    ),
    "decision-unknown": (
        "error",
        "There is no decision “{decision}”.",
        "没有决策“{decision}”。",
        "Deploy the decision table too, or correct its id. Near: {near}",
        "请同时部署该决策表，或更正其标识。相近：{near}",
    ),
    "call-unknown": (
        "error",
        "There is no process “{called}” to call.",
        "没有可调用的流程“{called}”。",
        "Deploy it too, or correct its id. Near: {near}",
        "请同时部署该流程，或更正其标识。相近：{near}",
    ),
    "form-unknown": (
        "error",
        "There is no form “{form}”.",
        "没有表单“{form}”。",
        "Deploy the form too, or correct its id. Near: {near}",
        "请同时部署该表单，或更正其标识。相近：{near}",
    ),
    "four-eyes-unknown": (
        "error",
        "notSameUserAs names “{ref}”, which is no user task of this process.",
        "notSameUserAs 所指的“{ref}”不是本流程的用户任务。",
        "Name the task by its id; separate several with commas. Near: {near}",
        "请填写任务的标识（id），多个以逗号分隔。相近：{near}",
    ),
    "lane-twice": (
        "error",
        "“{name}” stands in two lanes of one lane set: “{other}” and “{lane}”.",
        "“{name}”同时位于同一泳道组的两个泳道：“{other}”与“{lane}”。",
        "Leave it in the lane whose work it is.",
        "请只保留其所属的泳道。",
    ),
    "lane-dangling": (
        "error",
        "The lane refers to “{ref}”, which is no element of this process.",
        "泳道引用的“{ref}”不是本流程的元素。",
        "Drag the element into the lane again.",
        "请把该元素重新拖入泳道。",
    ),
}

EXPRESSIONS: Final[dict[str, Entry]] = {
    "expression-invalid": (
        "error",
        "{reason}",
        "{reason_zh}",
        "Correct the expression: “= …” is FEEL, “${{…}}” is JUEL.",
        "请更正表达式：“= …”为 FEEL，“${{…}}”为 JUEL。",
    ),
    "expression-empty": (
        "error",
        "An expression is asked for here, but it is empty.",
        "此处需要表达式，但内容为空。",
        "Write the condition, or remove the element.",
        "请填写条件，或删除该元素。",
    ),
    "mapping-nameless": (
        "error",
        "An input or output mapping does not say which variable it sets.",
        "有一个输入或输出映射没有指明目标变量。",
        "Fill in the variable's name.",
        "请填写变量名称。",
    ),
    "mapping-nested": (
        "error",
        "The mapping's target “{target}” is a part of a variable.",
        "映射的目标“{target}”是变量的一部分。",
        "Set the whole variable, e.g. = {{id: x}} into order.",
        "请设置整个变量，例如把 = {{id: x}} 写入 order。",
    ),
    "mapping-sourceless": (
        "error",
        "A mapping of the call has neither a source variable nor a source expression.",
        "调用的映射既没有来源变量，也没有来源表达式。",
        "Fill in one of them.",
        "请填写其中之一。",
    ),
    "mapping-script": (
        "error",
        "A mapping holds a {kind} in “{language}”, which is not run.",
        "映射中含有“{language}”的 {kind}，引擎不会执行。",
        "Use an expression (= … or ${{…}}), or a script task before.",
        "请使用表达式（= … 或 ${{…}}），或在前面加一个脚本任务。",
    ),
    "correlation-empty": (
        "error",
        "The correlation property “{key}” needs a key and an expression.",
        "关联属性“{key}”需要键名和表达式。",
        "Write correlate.<key> with a value such as ${{client_id}}.",
        "请写成 correlate.<键名>，值如 ${{client_id}}。",
    ),
}
