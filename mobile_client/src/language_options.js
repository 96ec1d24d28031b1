/** The languages of the app, to choose one. */

import { make } from "./dom.js";
import { LANGUAGES, language } from "./i18n.js";

export const languageOptions = () =>
  Object.entries(LANGUAGES).map(([lang, name]) =>
    make("option", { value: lang, lang, selected: lang === language() }, name),
  );
