// What stands against a deployment, as a list under the editor: a click goes to the place.
import { element } from '../elements.js';
import { say } from './words.js';

/** `go(fault)` shows the place of a fault of this file. */
export function listFaults(faults, name, go) {
  const place = document.querySelector('[data-studio-faults]');
  if (!place) return;
  const errors = faults.filter((one) => one.severity === 'error').length;
  const heading = errors ? say('faults', { count: errors }) : faults.length ? say('warnings', { count: faults.length }) : say('noFaults');
  const items = faults.map((fault) => {
    const here = !fault.file || fault.file === name;
    const where = [here ? '' : fault.file, fault.element ?? ''].filter(Boolean).join(' · ');
    const words = [element('span', { class: `df-studio-fault-${fault.severity}` }, fault.severity === 'error' ? say('error') : say('warning')), ' ', fault.text];
    return element(
      'li',
      {},
      where && here && fault.element
        ? element('button', { type: 'button', class: 'btn btn-link p-0', onclick: () => go(fault) }, where)
        : element('code', {}, where),
      where ? ' ' : '',
      ...words,
    );
  });
  place.replaceChildren(
    element('h2', { class: 'h4 m-0' }, heading),
    ...(items.length ? [element('ul', { class: 'df-fault-list' }, ...items)] : []),
  );
  place.dataset.faults = String(errors);
}
