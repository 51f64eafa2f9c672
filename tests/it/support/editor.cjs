// What taplo's language server, the one in Even Better TOML, offers at the `|` of a file. Arguments: the folder, the file's
// name in it, its text, and the setting `evenBetterToml.schema.associations` as JSON. Prints the labels as JSON.
const fs = require("node:fs");
const path = require("node:path");
const url = require("node:url");
const { TaploLsp } = require("@taplo/lsp");

// Its catalogue of schemas would come from the internet.
globalThis.fetch = () => Promise.reject(new Error("no network"));

const [root, name, text, associations] = process.argv.slice(1);
const settings = { schema: { enabled: true, catalogs: [], associations: JSON.parse(associations) } };
const waiting = new Map();
let server;
let last = 0;

const send = (message) => server.send({ jsonrpc: "2.0", ...message });
const ask = (method, params) =>
  new Promise((resolve) => {
    waiting.set(++last, resolve);
    send({ id: last, method, params });
  });
const onMessage = ({ id, method, params, result }) => {
  if (method === "workspace/configuration") {
    send({ id, result: params.items.map(() => settings) });
  } else if (method === undefined) {
    waiting.get(id)?.(result);
  }
};
const environment = {
  now: () => new Date(),
  envVar: () => undefined,
  envVars: () => [],
  stdErrAtty: () => false,
  stdin: async () => new Uint8Array(),
  stdout: async (bytes) => bytes.length,
  stderr: async (bytes) => bytes.length,
  glob: () => [],
  readFile: async (file) => fs.readFileSync(file),
  writeFile: async () => {},
  // It also asks about URLs of its own.
  urlToFilePath: (text) => decodeURIComponent(new URL(text).pathname),
  isAbsolute: path.isAbsolute,
  cwd: () => root,
  findConfigFile: () => undefined,
};

const main = async () => {
  server = await TaploLsp.initialize(environment, { onMessage });
  const folder = url.pathToFileURL(root).href;
  const document = { uri: `${folder}/${name}` };
  await ask("initialize", {
    initializationOptions: { configurationSection: "evenBetterToml" },
    capabilities: { workspace: { configuration: true } },
    rootUri: folder,
    workspaceFolders: [{ uri: folder, name: "folder" }],
  });
  send({ method: "initialized", params: {} });
  const textDocument = { ...document, languageId: "toml", version: 1, text: text.replace("|", "") };
  send({ method: "textDocument/didOpen", params: { textDocument } });
  // The server asks for its settings when it likes.
  for (let tries = 0; tries < 1000; tries++) {
    const found = await ask("taplo/associatedSchema", { documentUri: document.uri });
    if (found?.schema) break;
    await new Promise(setImmediate);
  }
  const lines = text.slice(0, text.indexOf("|")).split("\n");
  const position = { line: lines.length - 1, character: lines.at(-1).length };
  const offered = await ask("textDocument/completion", { textDocument: document, position });
  console.log(JSON.stringify((offered ?? []).map((one) => one.label)));
  process.exit(0);
};
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
