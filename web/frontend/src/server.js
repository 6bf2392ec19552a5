// What a page knows about talking to its server.

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? '';
export const user = () => document.body.dataset.user ?? '';

/** Tell whoever shows notices (page/notices.js). Kinds: info, success, warning, danger, expired. */
export const notify = (kind, message) =>
  document.dispatchEvent(new CustomEvent('dealflow:notice', { detail: { kind, text: message } }));

/** GET as JSON or text; throws an Error with `status` when the answer is not 2xx. */
export async function read(url, as) {
  const answer = await fetch(url, {
    headers: { Accept: as === 'json' ? 'application/json' : '*/*' },
    credentials: 'same-origin',
  });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${answer.statusText}`), { status: answer.status });
  return as === 'json' ? answer.json() : answer.text();
}

/** Somebody signed in again in another tab: the forms of this page go on with the new session when it is the same person's. */
export async function renewed() {
  const page = new DOMParser().parseFromString(await read(location.href, 'text'), 'text/html');
  const token = page.querySelector('meta[name="csrf-token"]')?.content;
  if (!token || page.body.dataset.user !== user()) return false;
  document.querySelector('meta[name="csrf-token"]').content = token;
  document.querySelectorAll('input[name="csrf_token"]').forEach((field) => (field.value = token));
  return true;
}

const PROBE = 2000; // milliseconds between two attempts to reach a server that did not answer
let probing = false;

/**
 * The server did not answer: say so (unless `quiet`), ask it until it does, then tell everybody with `dealflow:reached`.
 */
export function lost({ quiet = false } = {}) {
  if (!quiet) document.dispatchEvent(new CustomEvent('dealflow:unreachable'));
  if (probing) return;
  probing = true;
  const ask = async () => {
    try {
      await fetch('/healthz', { cache: 'no-store', credentials: 'omit' });
    } catch {
      setTimeout(ask, PROBE);
      return;
    }
    probing = false;
    document.dispatchEvent(new CustomEvent('dealflow:reached'));
  };
  setTimeout(ask, PROBE);
}
