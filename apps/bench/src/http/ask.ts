import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawFields: readonly string[];
  readonly etag: string | undefined;
  readonly chunked: boolean;
  readonly body: string;
}

/** One connection for each server, which does not keep this process from ending. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export function ask(port: number, target: string, etag?: string): Promise<Answer> {
  const headers = etag === undefined ? {} : { "if-none-match": etag };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: target, headers, agent }, async (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, rawHeaders: rawFields, headers: fields } = response;
        resolve({ status, rawFields, etag: fields.etag, chunked: fields["transfer-encoding"] !== undefined, body });
      });
    })
      .on("error", reject)
      .end();
  });
}
