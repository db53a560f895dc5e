import type { InputWatch } from "../http/index.ts";
import { inheritedValue, ownProperty, Shadow, shadow } from "./shadow.ts";

/** What a connection knows of who is at its other end. */
const ofTheClient = ["remoteAddress", "remotePort"];
const ofItsCertificate = ["authorized", "getPeerCertificate", "getPeerX509Certificate"];

/** Who watches. Several requests may be under way on one connection, and it cannot be told which one reads. */
const connections = new WeakMap<object, Set<InputWatch>>();

/**
 * Tells when a connection is asked who the client is: its address, or its certificate. Gives the way back. The doors stay
 * on the connection, for all that is still to come on it: to take them away would leave it in a slower form.
 */
export function watchAddress(socket: object, watch: InputWatch): () => void {
  const watches = connections.get(socket) ?? watchConnection(socket);
  watches.add(watch);
  return () => {
    watches.delete(watch);
  };
}

function watchConnection(socket: object): Set<InputWatch> {
  const watches = new Set<InputWatch>();
  connections.set(socket, watches);
  const tellAddress = () => {
    for (const watch of watches) watch.address();
  };
  const tellCertificate = () => {
    for (const watch of watches) watch.attached("certificate");
  };
  for (const name of ofTheClient) watchProperty(socket, name, tellAddress);
  for (const name of ofItsCertificate) if (name in socket) watchProperty(socket, name, tellCertificate);
  return watches;
}

/** A property that goes on as before, whatever it was, and tells when it is read. */
function watchProperty(target: object, name: string, tell: () => void): void {
  const own = ownProperty(target, name);
  const get = () => {
    tell();
    if (own === undefined) return inheritedValue(target, name);
    return own.get === undefined ? own.value : own.get.call(target);
  };
  const set = (value: unknown) => {
    undo();
    Reflect.set(target, name, value);
  };
  const undo = shadow(target, name, new Shadow(get, set, own?.enumerable));
}
