// A Firestore server for tests: @firestore-emulator/server, and what it lacks of Google's, each with a word on it.
//
//     node server.js     →  prints the port that it listens on; ends when its input does

"use strict";

const grpc = require("@grpc/grpc-js");
const { BatchGetDocumentsResponse, BeginTransactionResponse, ListenResponse } = require(
  "@firestore-emulator/proto/dist/google/firestore/v1/firestore",
);
const emulator = require("@firestore-emulator/server");

const NO_CHANGE = 0;
let lastWrite = 0;

const path = (document) => document.getPath();
const version = (document) => (document.metadata.hasExist ? document.metadata.updatedAt.getTime() : 0);
const all = (collection) => collection.getAllDocuments();

function moment() {
  const now = Math.max(Date.now(), lastWrite);
  return { nanos: (now % 1000) * 1e6, seconds: Math.floor(now / 1000) };
}

// Commits have times of their own, each later than all before. (The emulator's clock is exact to the millisecond.)
function orderCommits(state) {
  const known = new WeakSet();
  const write = state.writeV1Document.bind(state);
  state.writeV1Document = (date, one) => {
    if (!known.has(date)) {
      known.add(date);
      lastWrite = Math.max(date.getTime(), lastWrite + 1);
      date.setTime(lastWrite);
    }
    // A write without a mask replaces the document. (The emulator keeps the fields that are not written.)
    if (one.has_update && !one.has_update_mask) state.getDocument(one.update.name).fields = {};
    return write(date, one);
  };
}

// Fields of objects in objects are found, and numbers compare as numbers. (The emulator finds neither `a.b`, nor that 2.5
// is more than 1.)
function compareFields(state) {
  const documents = Object.getPrototypeOf(state.getDocument("projects/p/databases/d/documents/a/1"));
  const number = (one) => one.type === "integer_value" || one.type === "double_value";
  const numeric = (test) => ({ value: (other) => number(other) && test(other.value) });
  documents.getField = function getField(name) {
    const [last, ...above] = name.split(".").reverse();
    const field = above.reverse().reduce((inner, part) => inner?.[part]?.value, this.fields)?.[last];
    if (!field || !number(field)) return field;
    const mine = field.value;
    return Object.create(field, {
      eq: numeric((other) => mine === other),
      lt: numeric((other) => mine < other),
      lte: numeric((other) => mine <= other),
      gt: numeric((other) => mine > other),
      gte: numeric((other) => mine >= other),
    });
  };
}

const RANKS = ["null", "boolean", "number", "timestamp", "string", "bytes", "reference", "geo_point", "array", "map"];
const rank = (field) => RANKS.indexOf(field.type.replace("_value", "").replace(/integer|double/, "number"));

function order(one, other, keys) {
  for (const { field, direction } of keys) {
    const [a, b] = [one.getField(field.field_path), other.getField(field.field_path)];
    const found = rank(a) - rank(b) || (a.lt(b) ? -1 : b.lt(a) ? 1 : 0);
    if (found) return direction === 2 ? -found : found;
  }
  const last = path(one) < path(other) ? -1 : 1;
  return keys.at(-1)?.direction === 2 ? -last : last;
}

// Queries reach collections of one name at every depth, or all; their order has every type in it, and leaves out what
// lacks the field. (The emulator knows single collections, and orders within one type.)
function queryGroups(state) {
  const below = (collection) =>
    all(collection).flatMap((one) => [collection, ...Object.values(one.collections).flatMap(below)]);
  const among = (parent, { collection_id: id, all_descendants: deep }) => {
    if (!deep) return all(state.getCollection(`${parent}/${id}`));
    const [, project, , database] = parent.split("/");
    const roots = Object.values(state.getProject(project).getDatabase(database).collections);
    const found = new Set(roots.flatMap(below).filter((one) => !id || one.name === id));
    return [...found].flatMap(all);
  };
  const { v1Query } = emulator.FirestoreState.prototype;
  state.v1Query = (parent, structured) => {
    const keys = structured.order_by;
    const asked = Object.create(structured, {
      from: { value: [{ collection_id: "any" }] },
      has_limit: { value: false },
      order_by: { value: [] },
    });
    const stand = { getCollection: () => ({ getAllDocuments: () => among(parent, structured.from[0]) }) };
    const found = v1Query
      .call(stand, parent, asked)
      .filter((one) => keys.every(({ field }) => one.getField(field.field_path)))
      .sort((one, other) => order(one, other, keys));
    return structured.has_limit ? found.slice(0, structured.limit.value) : found;
  };
}

// A transaction whose reads have changed is aborted. (The emulator takes no notice of what a transaction read.)
function isolate(service, state) {
  const open = new Map();
  const begin = () => {
    const id = Uint8Array.from(Buffer.from(String(open.size + 1)));
    open.set(String(id), []);
    return id;
  };
  const note = (id, answer) => open.get(String(id))?.push([answer, JSON.stringify(answer())]);
  service.BeginTransaction = (_call, callback) =>
    callback(null, BeginTransactionResponse.fromObject({ transaction: begin() }));
  service.BatchGetDocuments = (call) => {
    const id = call.request.has_new_transaction ? begin() : call.request.transaction;
    if (call.request.has_new_transaction) call.write(BatchGetDocumentsResponse.fromObject({ transaction: id }));
    for (const name of call.request.documents) {
      const document = state.getDocument(name);
      note(id, () => version(document));
      const found = version(document) ? { found: document.toV1DocumentObject() } : { missing: name };
      call.write(BatchGetDocumentsResponse.fromObject({ ...found, read_time: moment() }));
    }
    call.end();
  };
  const run = service.RunQuery.bind(service);
  service.RunQuery = (call) => {
    const { parent, structured_query, transaction } = call.request;
    note(transaction, () => state.v1Query(parent, structured_query).map((one) => [path(one), version(one)]));
    run(call);
  };
  const commit = service.Commit.bind(service);
  service.Commit = (call, callback) => {
    const read = open.get(String(call.request.transaction)) ?? [];
    if (read.some(([answer, was]) => JSON.stringify(answer()) !== was)) {
      callback({ code: grpc.status.ABORTED, message: "Aborted due to cross-transaction contention." }, null);
    } else {
      commit(call, callback);
    }
  };
}

// One stream follows several targets, lets go of them, and says when all of them are at one time. (The emulator
// follows the first target of a stream, and says that each is at a time of its own.)
function followTogether(service, state) {
  service.Listen = (call) => {
    const gone = new Set();
    let soon = false;
    const together = () => {
      soon = false;
      const change = { read_time: moment(), target_change_type: NO_CHANGE, target_ids: [] };
      call.write(ListenResponse.fromObject({ target_change: change }));
    };
    call.on("data", (request) => {
      if (request.has_remove_target) {
        gone.add(request.remove_target);
        return;
      }
      const tell = (response) => {
        if (gone.has(request.add_target.target_id) || call.cancelled) return;
        const change = response.has_target_change && response.target_change;
        if (!change || change.target_change_type !== NO_CHANGE) call.write(response);
        if (!soon) setImmediate(together);
        soon = true;
      };
      state.v1Listen(request, tell, (ended) => ["end", "cancelled", "close"].forEach((one) => call.once(one, ended)));
    });
    call.on("error", () => {});
    call.on("end", () => call.end());
  };
}

let held;
const add = grpc.Server.prototype.addService;
grpc.Server.prototype.addService = (definition, service) => {
  held = [definition, service]; // added below, when it is whole
};
const { server, state } = new emulator.FirestoreServer();
orderCommits(state);
compareFields(state);
queryGroups(state);
isolate(held[1], state);
followTogether(held[1], state);
add.apply(server, held);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on("end", () => process.exit()).resume();
