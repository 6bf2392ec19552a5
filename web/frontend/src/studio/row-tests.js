// The tests beside a decision table, run against the draft.
import { element } from '../elements.js';
import { read } from '../server.js';
import { say } from './words.js';

export async function rowTests(place, draft) {
  const url = place.dataset.testsUrl;
  if (!url) return;
  const list = element('div', {});
  const run = async () => {
    if (draft.dirty) await draft.save();
    const { tests } = await read(url, 'json');
    const failed = tests.filter((one) => !one.passed);
    list.replaceChildren(
      element('p', { class: 'text-secondary mb-1', 'data-tests': String(failed.length) }, say(failed.length ? 'testsFailed' : 'testsPassed', { count: tests.length, failed: failed.length })),
      element('ul', { class: 'df-fault-list' }, ...failed.map((one) => element('li', {}, element('strong', {}, `${one.decision} · ${one.name} `), one.why))),
    );
  };
  const section = element(
    'section', { class: 'df-studio-faults' },
    element('h2', { class: 'h4' }, say('rowTests'), ' ', element('button', { type: 'button', class: 'btn btn-sm', onclick: run }, say('run'))),
    list,
  );
  document.querySelector('[data-studio-faults]').after(section);
  await run();
}
