// Input kept in this browser because the server does not have it (yet). Keys carry the person, so that on a shared
// machine nobody is offered another's input; signing out forgets it, and so do thirty days.
import { user } from './server.js';

const PREFIX = 'dealflow.kept:';
const THIRTY_DAYS = 30 * 24 * 3600 * 1000;
const keyOf = (place) => `${PREFIX}${user()}:${place}`;

export function keep(place, variables) {
  try {
    localStorage.setItem(keyOf(place), JSON.stringify({ at: new Date().toISOString(), variables }));
    return true;
  } catch {
    return false; // storage is full or switched off
  }
}

/** {at, variables} or null. */
export function kept(place) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(place)));
  } catch {
    return null;
  }
}

export function forget(place) {
  try {
    localStorage.removeItem(keyOf(place));
  } catch {
    // nothing could be stored either
  }
}

function removeWhere(unwanted) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && unwanted(key)) localStorage.removeItem(key);
    }
  } catch {
    // nothing could be stored either
  }
}

export const forgetAllOfThisPerson = () => removeWhere((key) => key.startsWith(`${PREFIX}${user()}:`));

export const forgetOld = () =>
  removeWhere((key) => {
    try {
      return Date.now() - Date.parse(JSON.parse(localStorage.getItem(key)).at) > THIRTY_DAYS;
    } catch {
      return true;
    }
  });
