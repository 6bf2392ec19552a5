// A group at the head of the properties: what an element names is chosen from what this house has.
import { SelectEntry, TextFieldEntry, isSelectEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { h } from '@bpmn-io/properties-panel/preact';
import { useService } from 'bpmn-js-properties-panel';
import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { say } from './words.js';

const NOTHING = { value: '', label: say('none') };
const ASSIGN = ['queue', 'least_busy', 'round_robin', 'keep_owner'];

/** The module for the modeler; `choices` as /choices.json gives them. */
export function choicesModule(choices) {
  class Provider {
    constructor(propertiesPanel) {
      propertiesPanel.registerProvider(400, this);
    }

    getGroups(element) {
      return (groups) => {
        const entries = entriesOf(element, choices);
        if (!entries.length) return groups;
        const own = { id: 'dealflow', label: say('dealflow'), entries, shouldOpen: true };
        const after = groups.findIndex((group) => group.id === 'general');
        return [...groups.slice(0, after + 1), own, ...groups.slice(after + 1)];
      };
    }
  }
  Provider.$inject = ['propertiesPanel'];
  return { __init__: ['dealflowChoices'], dealflowChoices: ['type', Provider] };
}

function entriesOf(element, choices) {
  const list = [];
  const choose = (id, label, rows, access, note) => list.push(chosen(element, id, label, rows, access, note));
  const write = (id, label, access) => list.push(written(element, id, label, access));
  const user = is(element, 'bpmn:UserTask');
  if (isAny(element, ['bpmn:ServiceTask', 'bpmn:SendTask'])) {
    choose('topic', say('topic'), choices.topics.map(({ id }) => ({ id, name: '' })), topicOf(), topicNote(choices.topics));
  }
  if (is(element, 'bpmn:BusinessRuleTask')) {
    choose('decision', say('decision'), choices.decisions, attribute('camunda:decisionRef', (bo) => ({ 'camunda:decisionRefBinding': bo.get('camunda:decisionRefBinding') })));
    write('result', say('result'), attribute('camunda:resultVariable'));
  }
  if (is(element, 'bpmn:CallActivity')) choose('process', say('process'), choices.processes, attribute('calledElement'));
  if (user || (is(element, 'bpmn:StartEvent') && !getBusinessObject(element).eventDefinitions?.length)) choose('form', say('form'), choices.forms, formOf());
  if (user) {
    choose('group', say('group'), choices.groups, attribute('camunda:candidateGroups'));
    write('due', say('due'), property('due'));
    choose('assign', say('assign'), ASSIGN.map((id) => ({ id, name: say(id) })), property('assign'));
    choose('reminderPolicy', say('reminderPolicy'), choices.policies, property('reminderPolicy'));
    choose('notSameUserAs', say('notSameUserAs'), otherTasks(element), property('notSameUserAs'));
  }
  const event = getBusinessObject(element).eventDefinitions?.find((one) => one.$type === 'bpmn:MessageEventDefinition');
  if (event || is(element, 'bpmn:ReceiveTask')) choose('message', say('message'), choices.messages.map((id) => ({ id, name: '' })), messageOf(event));
  if (is(element, 'bpmn:SequenceFlow') && isAny(getBusinessObject(element).sourceRef ?? {}, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'])) {
    write('condition', say('condition'), condition());
    choose('otherwise', say('otherwise'), [{ id: 'yes', name: say('otherwiseYes') }], otherwise());
  }
  if (is(element, 'bpmn:Process') || is(element, 'bpmn:Participant')) {
    write('facts', say('facts'), property('facts'));
    write('keyPrefix', say('keyPrefix'), property('keyPrefix'));
    choose('deployment', say('deploymentProperty'), [{ id: 'second-person', name: say('secondPerson') }], property('deployment'));
  }
  return list;
}

// ── entries ──────────────────────────────────────────────────────────────────────────────────────────────────────

const known = new WeakMap(); // element -> id -> {component, now}

/** An entry is drawn by the same component while its element is looked at: another one would be another field, and
    take the place of the one in which somebody types, whenever the diagram changes. */
function steady(element, id, draw, now) {
  const own = known.get(element) ?? known.set(element, new Map()).get(element);
  const entry = own.get(id) ?? { component: (props) => draw(props, entry.now) };
  own.set(id, entry);
  entry.now = now;
  return entry.component;
}

function chosen(element, id, label, rows, access, note) {
  const component = steady(element, id, drawChoice, { label, rows, access, note });
  return { id: `dealflow-${id}`, component, isEdited: isSelectEntryEdited };
}

function drawChoice(props, { label, rows, access, note }) {
  const services = useServices();
  const current = access.get(props.element) ?? '';
  const among = rows.some((row) => row.id === current);
  const options = [
    NOTHING,
    ...(current && !among ? [{ value: current, label: current }] : []),
    ...rows.map((row) => ({ value: row.id, label: row.name && row.name !== row.id ? `${row.name} · ${row.id}` : row.id })),
  ];
  return h(SelectEntry, {
    element: props.element,
    id: props.id,
    label,
    description: note?.(props.element),
    getValue: () => current,
    setValue: (value) => access.set(props.element, value || undefined, services),
    getOptions: () => options,
  });
}

function written(element, id, label, access) {
  const component = steady(element, id, drawText, { label, access });
  return { id: `dealflow-${id}`, component, isEdited: isTextFieldEntryEdited };
}

function drawText(props, { label, access }) {
  const services = useServices();
  return h(TextFieldEntry, {
    element: props.element,
    id: props.id,
    label,
    getValue: () => access.get(props.element) ?? '',
    setValue: (value) => access.set(props.element, value || undefined, services),
    debounce: services.debounce,
  });
}

const useServices = () => ({
  modeling: useService('modeling'),
  factory: useService('bpmnFactory'),
  stack: useService('commandStack'),
  modeler: useService('bpmnjs'),
  debounce: useService('debounceInput'),
});

// ── where a value stands ─────────────────────────────────────────────────────────────────────────────────────────

function attribute(name, also) {
  return {
    get: (element) => getBusinessObject(element).get(name),
    set: (element, value, { modeling }) =>
      modeling.updateProperties(element, { [name]: value, ...(also && value ? also(getBusinessObject(element)) : {}) }),
  };
}

const topicOf = () => ({
  get: (element) => getBusinessObject(element).get('camunda:topic'),
  set: (element, value, { modeling }) =>
    modeling.updateProperties(element, { 'camunda:type': value ? 'external' : undefined, 'camunda:topic': value }),
});

const formOf = () => ({
  get: (element) => getBusinessObject(element).get('camunda:formRef'),
  set: (element, value, { modeling }) =>
    modeling.updateProperties(element, {
      'camunda:formRef': value,
      'camunda:formRefBinding': value ? 'deployment' : undefined,
    }),
});

/** A name-value pair of the element's (of a pool: its process's) camunda:properties. */
function property(name) {
  const holder = (element) => getBusinessObject(element).processRef ?? getBusinessObject(element);
  const pairs = (bo) => bo.extensionElements?.values?.find((one) => one.$type === 'camunda:Properties');
  const pair = (bo) => pairs(bo)?.values?.find((one) => one.name === name);
  return {
    get: (element) => pair(holder(element))?.value,
    set(element, value, { modeling, factory }) {
      const bo = holder(element);
      const update = (moddle, values) => modeling.updateModdleProperties(element, moddle, values);
      const made = (type, values, parent) => Object.assign(factory.create(type, values), { $parent: parent });
      const found = pair(bo);
      if (found && value) return update(found, { value });
      if (found) return update(pairs(bo), { values: pairs(bo).values.filter((one) => one !== found) });
      if (!value) return undefined;
      const fresh = made('camunda:Property', { name, value });
      const list = pairs(bo);
      if (list) {
        fresh.$parent = list;
        return update(list, { values: [...(list.values ?? []), fresh] });
      }
      const holds = made('camunda:Properties', { values: [fresh] });
      fresh.$parent = holds;
      const extension = bo.extensionElements;
      if (extension) {
        holds.$parent = extension;
        return update(extension, { values: [...(extension.values ?? []), holds] });
      }
      const around = made('bpmn:ExtensionElements', { values: [holds] }, bo);
      holds.$parent = around;
      return update(bo, { extensionElements: around });
    },
  };
}

/** The message of an event or a receive task: the diagram's own of that name, or a new one. */
function messageOf(event) {
  const holder = (element) => event ?? getBusinessObject(element);
  return {
    get: (element) => holder(element).messageRef?.name,
    set(element, value, { modeling, factory, modeler }) {
      const definitions = modeler.getDefinitions();
      let message = value && definitions.rootElements.find((one) => one.$type === 'bpmn:Message' && one.name === value);
      if (value && !message) {
        message = factory.create('bpmn:Message', { name: value });
        message.$parent = definitions;
        definitions.rootElements.push(message);
      }
      modeling.updateModdleProperties(element, holder(element), { messageRef: message || undefined });
    },
  };
}

/** The condition of a flow, in FEEL. */
const condition = () => ({
  get: (element) => getBusinessObject(element).conditionExpression?.body,
  set: (element, value, { modeling, factory }) => {
    const made = value && factory.create('bpmn:FormalExpression', { body: value });
    if (made) made.$parent = getBusinessObject(element);
    modeling.updateProperties(element, { conditionExpression: made || undefined });
  },
});

/** Whether a flow is the one that is taken when no condition holds. */
const otherwise = () => ({
  get: (element) => (getBusinessObject(element).sourceRef.default === getBusinessObject(element) ? 'yes' : ''),
  set: (element, value, { modeling }) => modeling.updateProperties(element.source, { default: value ? getBusinessObject(element) : undefined }),
});

/** The other user tasks of the process. */
function otherTasks(element) {
  const found = [];
  const walk = (scope) => {
    for (const one of scope.flowElements ?? []) {
      if (one.$type === 'bpmn:UserTask' && one.id !== element.id) found.push({ id: one.id, name: one.name ?? '' });
      walk(one);
    }
  };
  let top = getBusinessObject(element);
  while (top.$parent && top.$type !== 'bpmn:Process') top = top.$parent;
  walk(top);
  return found;
}

const topicNote = (topics) => (element) => {
  const topic = topics.find((one) => one.id === getBusinessObject(element).get('camunda:topic'));
  if (!topic) return undefined;
  const lines = [topic.says];
  if (topic.inputs.length) lines.push(say('inputs', { names: topic.inputs.map((name) => (topic.needs.includes(name) ? `${name}*` : name)).join(', ') }));
  if (topic.outputs.length) lines.push(say('outputs', { names: topic.outputs.join(', ') }));
  return h('div', { class: 'df-studio-note' }, lines.filter(Boolean).map((line) => h('div', {}, line)));
};
