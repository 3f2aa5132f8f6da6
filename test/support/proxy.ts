import { createServer, type Server, type Socket, connect as tcpConnect } from "node:net";

/** A TCP proxy on loopback that can cut its connections, slow them down, stall them (open, but silent) or end one side alone. */
export class FaultyProxy {
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  readonly #orphans = new Set<Socket>();
  #stalled = false;
  #refusing = false;
  #delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async open(host: string, port: number): Promise<FaultyProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const proxy = new FaultyProxy(server, address.port);
    server.on("connection", (client) => proxy.#accept(client, host, port));
    return proxy;
  }

  /** The URL with this proxy's port in place of the server's. */
  through(url: string): string {
    return url.replace(/@[^/:]+:\d+/, `@127.0.0.1:${this.port}`);
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Ends every connection without a word of the protocol. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** Keeps every connection open and lets nothing through, also on new ones, until {@link flow}. */
  stall(): void {
    this.#stalled = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  flow(): void {
    this.#stalled = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  /**
   * Ends one side of every connection, of which the other side hears nothing: it stays open, and silent, until {@link release}.
   * New connections work.
   */
  halfOpen(ended: "client" | "upstream"): void {
    for (const pair of this.#pairs) {
      const kept = pair[ended === "client" ? "upstream" : "client"];
      this.#pairs.delete(pair);
      this.#orphans.add(kept);
      // What it sends goes nowhere.
      kept.removeAllListeners("data").resume();
      kept.removeAllListeners("close").once("close", () => this.#orphans.delete(kept));
      pair[ended].removeAllListeners("close").destroy();
    }
  }

  /** Ends what {@link halfOpen} left. */
  release(): void {
    for (const orphan of this.#orphans) orphan.destroy();
  }

  /** Lets what passes from now on arrive so much later, in each direction; 0 ends it. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Whether new connections are closed at once. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    this.release();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(client: Socket, host: string, port: number): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const upstream = tcpConnect(port, host);
    const pair = { client, upstream };
    this.#pairs.add(pair);
    const relay = (from: Socket, to: Socket) => {
      const later = this.#inOrder();
      from.on("data", (data) => later(() => to.write(data)));
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#pairs.delete(pair);
        later(() => to.destroy());
      });
    };
    relay(client, upstream);
    relay(upstream, client);
    if (this.#stalled) {
      client.pause();
      upstream.pause();
    }
  }

  /** Runs what passes in one direction after the present delay, in its order. */
  #inOrder(): (run: () => void) => void {
    const waiting: { readonly dueMs: number; readonly run: () => void }[] = [];
    const pump = () => {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        const waitMs = next.dueMs - performance.now();
        if (waitMs > 0) return void setTimeout(pump, waitMs);
        waiting.shift();
        next.run();
      }
    };
    return (run) => {
      const isIdle = waiting.length === 0;
      waiting.push({ dueMs: performance.now() + this.#delayMs, run });
      if (isIdle) pump();
    };
  }
}
