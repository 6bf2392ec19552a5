// Two words that form-js 2.0 does not pass through its translation, said by the page: for the eye and for those who listen.
import { language, text } from '../texts.js';

const WORDS = [['.fjs-select-placeholder', 'Select', 'choose'], ['.fjs-form-field-filepicker .fjs-button', 'Browse', 'browse']];

/** On Chinese pages, say them in Chinese, now and whenever the form is drawn anew. */
export function sayPlaceholders(container) {
  if (language() !== 'zh') return;
  const say = () => {
    for (const [place, written, key] of WORDS) {
      for (const { firstChild } of container.querySelectorAll(place)) if (firstChild?.data === written) firstChild.data = text(key);
    }
  };
  say();
  new MutationObserver(say).observe(container, { childList: true, subtree: true, characterData: true });
}
