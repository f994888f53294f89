// SPDX-License-Identifier: MIT
// The form of options, as parameters of the service and as part of the address.

/** The inputs of a form, with what each has when nothing was chosen. */
function inputsOf(form) {
  return [...form.elements].filter((element) => element.name).map((element) => {
    const box = element.type === 'checkbox';
    const usual = box ? element.defaultChecked
      : element instanceof HTMLSelectElement ? ([...element.options].find((option) => option.defaultSelected) ?? element.options[0]).value
      : element.defaultValue;
    return { element, box, usual };
  });
}

/** Parameters of POST /generate_grid; null while the form holds something that is no value. */
export function readOptions(form) {
  if (!form.checkValidity()) return null;
  const value = Object.fromEntries(new FormData(form));
  const query = {
    tile: `${value.width}x${value.height}`,
    gap: value.gap, margin: value.margin, fit: value.fit, background: value.background,
    format: value.format, expires: value.expires,
    title: value.title.trim(), label: value.numbers ? '%n' : '', // empty: none, whatever the service's default is
  };
  if (value.columns) query.columns = value.columns;
  if (value.format !== 'png') query.quality = value.quality;
  return query;
}

/** What differs from the usual, for the address. */
export function sharedOptions(form) {
  const changed = {};
  for (const { element, box, usual } of inputsOf(form)) {
    const value = box ? element.checked : element.value;
    if (value !== usual) changed[element.name] = box ? (value ? '1' : '0') : value;
  }
  return changed;
}

/** Sets the form as an address says; what is no value there is left as usual. */
export function takeOptions(form, parameters) {
  form.reset();
  for (const { element, box, usual } of inputsOf(form)) {
    const value = parameters.get(element.name);
    if (value === null) continue;
    if (box) element.checked = value === '1';
    else element.value = value;
    if (!element.checkValidity() || (!box && element.value !== value)) {
      if (box) element.checked = usual;
      else element.value = usual;
    }
  }
}
