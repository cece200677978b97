/** The fields of a fault rule's form, from the schemas in /_mock/openapi.json. */

const FIRST = ["call", "phase", "times"];
const MORE = ["name", "skip", "every", "chance", "after", "until", "account_sid", "api", "sid"];
const LEFT_OUT = ["effect", "door", "unused", "seen", "fired", "predicate", "form", "headers"];

/** Return the kinds of effects with their descriptions. */
export function effectsOf(document) {
  return Object.keys(document.components.schemas.Rule.discriminator.mapping).map((kind) => [kind, schemaOf(document, kind).description]);
}

function schemaOf(document, kind) {
  return document.components.schemas[`Rule.${kind}`];
}

/** Return the fields for an effect: its own, then the match and schedule that all rules have. */
export function fieldsFor(document, kind, { all = false, texts = new Map() } = {}) {
  const { properties, required } = schemaOf(document, kind);
  const own = Object.keys(properties).filter((name) => ![...FIRST, ...MORE, ...LEFT_OUT].includes(name));
  const names = [...FIRST.slice(0, 1), ...own, ...FIRST.slice(1), ...(all ? MORE : [])];
  return names.map((name) => fieldOf(name, properties[name], required.includes(name), texts));
}

function fieldOf(name, schema, isRequired, texts) {
  const help = [schema.description, schema.default !== undefined && schema.default !== "" ? `default: ${schema.default}` : ""].filter(Boolean).join("; ");
  const field = { name, label: name.replaceAll("_", " "), required: isRequired, help };
  const types = [schema.type].flat();
  if (name === "call") return { ...field, label: "call", list: "call-names", value: schema.default ?? "delivery.*" };
  if (schema.enum) return { ...field, kind: "select", options: [...(isRequired ? [] : [["", ""]]), ...schema.enum.map((one) => [one, [one, texts.get(one)].filter(Boolean).join(" ")])], help: schema.description };
  if (types.includes("boolean")) return { ...field, kind: "check", value: schema.default };
  if (types.includes("integer") || types.includes("number")) return { ...field, kind: "number" };
  return field;
}

/** Return the values of a form as a rule: numbers of an enumeration are numbers again. */
export function ruleOf(document, kind, values) {
  const { properties } = schemaOf(document, kind);
  const given = Object.entries(values).map(([name, value]) => [name, [properties[name]?.type].flat().includes("integer") ? Number(value) : value]);
  return { effect: kind, ...Object.fromEntries(given) };
}
