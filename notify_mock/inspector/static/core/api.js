/** Requests to the control API, with errors that say what went wrong and at which field. */

/** A request failed. `field` is the name of the field at fault, or "". `status` is 0 without a response. */
export class ApiError extends Error {
  constructor(message, { status = 0, field = "" } = {}) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** Return the JSON at a path below `/_mock/`. */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return request("GET", text ? `${path}?${text}` : path);
}

export const post = (path, body = {}) => request("POST", path, body);
export const put = (path, body) => request("PUT", path, body);
export const remove = (path) => request("DELETE", path);

async function request(method, path, body) {
  const options = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The emulator does not respond. Is it still running?");
  }
  const text = await response.text();
  const content = parsed(text);
  if (response.status === 401) location.assign("login");
  if (!response.ok) throw failure(response, content);
  return content;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function failure(response, content) {
  const error = content?.error ?? {};
  const message = error.message || `The emulator responded ${response.status} ${response.statusText}`;
  return new ApiError(message.replace(/^body, /, ""), { status: response.status, field: error.field ?? "" });
}

/** Return the name in a form that is one segment of a path. */
export const segment = (name) => encodeURIComponent(name);
