// Codes as people write them: a Chinese keyboard's full-width letters and digits become plain ones in telephone numbers,
// e-mail addresses and fields with a pattern. Names stay as they were typed. The server reads them alike
// (engine/forms/codes.py).
const KNOWN = ['phone', 'email'];

/** Every text field of a schema whose rules say that it holds a code, by the id of the component. */
export function codesOf(components = [], found = new Map()) {
  for (const one of components) {
    if (one.type === 'textfield' && (KNOWN.includes(one.validate?.validationType) || one.validate?.pattern)) found.set(one.id, one.validate);
    codesOf(one.components, found);
  }
  return found;
}

/** What was meant by a text in a field with these rules. */
export function plainCode(written, { validationType, pattern }) {
  const plain = written.normalize('NFKC').trim();
  if (KNOWN.includes(validationType)) return plain;
  const fits = (text) => {
    try {
      return new RegExp(pattern).test(text);
    } catch {
      return false;
    }
  };
  if (!written || fits(written)) return written;
  return [plain, plain.toUpperCase()].find(fits) ?? written;
}

/** Straighten codes in `container` when their field is left; returns a function that does so at once. */
export function readCodes(container, schema) {
  const rules = codesOf(schema.components);
  const rulesOf = (input) => {
    if (!input.matches?.('.fjs-form-field-textfield input')) return undefined;
    const id = input.id.replace(/(_\d+)+$/, ''); // fjs-form-1a2b-<component>_<row>
    const own = [...rules.keys()].filter((one) => id.endsWith(`-${one}`)).sort((a, b) => b.length - a.length)[0];
    return rules.get(own);
  };
  const straighten = (input) => {
    const own = input && rulesOf(input);
    const plain = own && plainCode(input.value, own);
    if (!own || plain === input.value) return;
    input.value = plain;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  container.addEventListener('blur', (event) => straighten(event.target), true);
  return () => container.contains(document.activeElement) && straighten(document.activeElement);
}
