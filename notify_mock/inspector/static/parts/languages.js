/** For each language: the variables that its clients read, and a first call. */

/** A client in a language: the variables it reads, and lines of a program that is written for the real service. */
const LANGUAGES = {
  Python: { needs: ["HTTPS_PROXY", "REQUESTS_CA_BUNDLE"], program: (account) => [
    "from twilio.rest import Client",
    `client = Client("${account}", "any")`,
    'client.notify.v1.services.create(friendly_name="My app")',
  ] },
  Node: { needs: ["HTTP_PROXY", "NODE_EXTRA_CA_CERTS"], note: "For fetch and https, use all variables: they add a file to NODE_OPTIONS.", program: (account) => [
    `const client = require("twilio")("${account}", "any");`,
    'client.notify.v1.services.create({ friendlyName: "My app" });',
  ] },
  Java: { needs: ["JAVA_TOOL_OPTIONS"], program: (account) => [
    `Twilio.init("${account}", "any");`,
    'Service.creator().setFriendlyName("My app").create();',
  ] },
  "C#": { needs: ["HTTPS_PROXY", "SSL_CERT_FILE"], note: "SSL_CERT_FILE is read on Linux.", program: (account) => [
    `TwilioClient.Init("${account}", "any");`,
    'ServiceResource.Create(friendlyName: "My app");',
  ] },
  PHP: { needs: ["HTTPS_PROXY", "PHP_INI_SCAN_DIR", "SSL_CERT_FILE"], program: (account) => [
    `$client = new Twilio\\Rest\\Client("${account}", "any");`,
    '$client->notify->v1->services->create(["friendlyName" => "My app"]);',
  ] },
  Ruby: { needs: ["http_proxy", "SSL_CERT_FILE"], program: (account) => [
    `client = Twilio::REST::Client.new("${account}", "any")`,
    'client.notify.v1.services.create(friendly_name: "My app")',
  ] },
  Go: { needs: ["HTTPS_PROXY", "SSL_CERT_FILE"], program: (account) => [
    `client := twilio.NewRestClientWithParams(twilio.ClientParams{Username: "${account}", Password: "any"})`,
    'client.NotifyV1.CreateService((&notify.CreateServiceParams{}).SetFriendlyName("My app"))',
  ] },
  curl: { needs: ["HTTPS_PROXY", "CURL_CA_BUNDLE"], program: (account) => [
    `curl -u ${account}:any https://notify.twilio.com/v1/Services -d FriendlyName="My app"`,
  ] },
};

/** Return the names of the languages. */
export const languages = () => Object.keys(LANGUAGES);

const accountOf = (about) => about?.default_account ?? "AC00000000000000000000000000000001";

/** Return the value of every variable for the emulator at `url` with the certificates in `folder`. */
function values(url, folder) {
  const { hostname, port } = new URL(url);
  const java = ["https", "http"].map((scheme) => `-D${scheme}.proxyHost=${hostname} -D${scheme}.proxyPort=${port || 80}`).join(" ");
  const bundle = `${folder}/bundle.pem`;
  return {
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    http_proxy: url,
    REQUESTS_CA_BUNDLE: bundle,
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
    PHP_INI_SCAN_DIR: `:${folder}`,
    JAVA_TOOL_OPTIONS: `'${java} -Djavax.net.ssl.trustStore=${folder}/truststore.p12 -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit'`,
  };
}

/** Return the line that sets all variables, for every language. */
export const environmentLine = (url = location.origin) => `eval "$(notify-mock env --url ${url})"`;

/** Return how to connect in a language: the variables one by one, the program, and a note. */
export function connection(name, about, url = location.origin) {
  const { needs, program, note = "" } = LANGUAGES[name];
  const folder = (about?.certificate?.file ?? "").replace(/\/[^/]*$/, "");
  const known = values(url, folder);
  const variables = folder ? needs.map((variable) => `export ${variable}=${known[variable]}`).join("\n") : "";
  return { variables, program: program(accountOf(about)).join("\n"), note };
}

/** Return a first call that needs nothing but this server: the shortest that works in the language. */
export function linesFor(name, about, url = location.origin) {
  const account = accountOf(about);
  if (name === "curl") return `curl -u ${account}:any ${url}/v1/Services \\\n  -d FriendlyName="My app"`;
  const { program } = connection(name, about, url);
  const comment = name === "Python" || name === "Ruby" ? "#" : "//";
  return `${comment} in the shell that starts the program: ${environmentLine(url)}\n${program}`;
}
