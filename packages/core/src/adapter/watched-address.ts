import type { InputWatch } from "../http/index.ts";
import { shadow } from "./shadow.ts";

/** What a connection knows of who is at its other end. */
const ofTheClient = ["remoteAddress", "remotePort"];
const ofItsCertificate = ["authorized", "getPeerCertificate", "getPeerX509Certificate"];

interface Watched {
  readonly watches: Set<InputWatch>;
  readonly undo: () => void;
}

/** Connections that are being watched. Several requests may be under way on one, and it cannot be told which one reads. */
const connections = new WeakMap<object, Watched>();

/** Tells when a connection is asked who the client is: its address, or its certificate. Gives the way back. */
export function watchAddress(socket: object, watch: InputWatch): () => void {
  let watched = connections.get(socket);
  if (watched === undefined) {
    watched = begin(socket);
    connections.set(socket, watched);
  }
  const { watches, undo } = watched;
  watches.add(watch);
  return () => {
    if (!watches.delete(watch) || watches.size > 0) return;
    undo();
    connections.delete(socket);
  };
}

function begin(socket: object): Watched {
  const watches = new Set<InputWatch>();
  const tellAddress = () => {
    for (const watch of watches) watch.address();
  };
  const tellCertificate = () => {
    for (const watch of watches) watch.attached("certificate");
  };
  const undos = [
    ...ofTheClient.map((name) => watchProperty(socket, name, tellAddress)),
    ...ofItsCertificate.filter((name) => name in socket).map((name) => watchProperty(socket, name, tellCertificate)),
  ];
  return {
    watches,
    undo: () => {
      for (const undo of undos) undo();
    },
  };
}

/** A property that goes on as before, whatever it was, and tells when it is read. */
function watchProperty(target: object, name: string, tell: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const undo: () => void = shadow(target, name, {
    enumerable: own?.enumerable ?? false,
    get() {
      tell();
      if (own === undefined) return Reflect.get(Object.getPrototypeOf(target), name, target);
      return own.get === undefined ? own.value : own.get.call(target);
    },
    set(value: unknown) {
      undo();
      Reflect.set(target, name, value);
    },
  });
  return undo;
}
