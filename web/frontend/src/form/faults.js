// What is wrong with a form: a summary with links above it, and the messages at the fields.
import { element } from '../elements.js';
import { text } from '../texts.js';

/** Every field of a schema, groups and lists opened. */
const fieldsOf = (components = []) => components.flatMap((one) => [one, ...fieldsOf(one.components)]);

/** Messages under a field, those of repeated rows included. */
const messagesIn = (found) => (Array.isArray(found) ? found : typeof found === 'object' && found ? Object.values(found).flatMap(messagesIn) : [found]);

/**
 * Show faults. `found` is field key -> messages from the server ('' for the whole form), or null for those that the
 * form's own check has just left in its state.
 */
export function showFaults({ place, form, schema, summary }, found) {
  const fields = fieldsOf(schema.components);
  const general = messagesIn(found?.[''] ?? []);
  const known = fields.filter((field) => field.key && found?.[field.key]);
  if (found) form._setState({ errors: Object.fromEntries(known.map((field) => [field.id, messagesIn(found[field.key])])) });
  const { errors } = form._getState();
  const unknown = Object.keys(found ?? {}).filter((key) => key && !known.some((field) => field.key === key));

  const rows = [
    ...general.map((words) => element('li', {}, words)),
    ...unknown.map((key) => element('li', {}, `${key}: ${messagesIn(found[key]).join(' ')}`)),
    ...fields.filter((field) => errors[field.id]).map((field) => row(place, field, messagesIn(errors[field.id]))),
  ];
  const title = element('div', { class: 'alert-title' }, text('faults', { count: rows.length - general.length }));
  summary.replaceChildren(
    element('div', { class: 'alert alert-danger', role: 'alert' }, rows.length > general.length ? title : null, element('ul', {}, ...rows)),
  );
  const clear = () => Object.keys(form._getState().errors).length || summary.replaceChildren();
  form.on('changed', clear);
}

function row(place, field, messages) {
  const name = field.label || field.dateLabel || field.timeLabel || field.key;
  const jump = () => {
    const input = place.querySelector(`[id^="fjs-form-"][id$="-${CSS.escape(field.id)}"], [id*="-${CSS.escape(field.id)}_"], [id*="-${CSS.escape(field.id)}-"]`);
    input?.scrollIntoView({ block: 'center' });
    input?.focus();
  };
  return element('li', {}, element('button', { type: 'button', class: 'btn btn-link p-0 df-fault-link', onclick: jump }, name), ` ${messages.join(' ')}`);
}
