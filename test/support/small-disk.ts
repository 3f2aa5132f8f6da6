import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { unprivilegedUser } from "../../scripts/local/postgres.js";
import type { Services } from "../../scripts/local/services.js";

function mount(folder: string, megabytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "ignore" });
}

/** Only root mounts a file system, and not in every container. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "mount-"));
  try {
    mount(folder, 1);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file system of some megabytes with a database of its own on it, which can be filled. */
export class SmallDisk {
  private constructor(
    readonly databaseUrl: string,
    private readonly folder: string,
    private readonly name: string,
    private readonly admin: pg.Client,
  ) {}

  static async open(services: Services, megabytes = 32): Promise<SmallDisk> {
    const name = `disk_${crypto.randomUUID().slice(0, 8)}`;
    const folder = join(services.folder, name);
    mkdirSync(folder);
    mount(folder, megabytes);
    const owner = unprivilegedUser();
    mkdirSync(join(folder, "data"));
    if (owner) chownSync(join(folder, "data"), owner.uid, owner.gid);
    const admin = new pg.Client({ connectionString: services.databaseUrl });
    await admin.connect();
    await admin.query(`create tablespace ${name} location '${join(folder, "data")}'`);
    await admin.query(`create database ${name} tablespace ${name}`);
    const url = new URL(services.databaseUrl);
    url.pathname = `/${name}`;
    return new SmallDisk(url.href, folder, name, admin);
  }

  /** Until not a byte is left. */
  fill(): void {
    for (let size = 2 ** 20; size > 1000; ) {
      try {
        writeFileSync(join(this.folder, "ballast"), Buffer.alloc(size), { flag: "a" });
      } catch {
        size /= 2;
      }
    }
  }

  empty(): void {
    rmSync(join(this.folder, "ballast"));
  }

  async close(): Promise<void> {
    try {
      await this.admin.query(`drop database ${this.name} with (force)`);
      await this.admin.query(`drop tablespace ${this.name}`);
      await this.admin.end();
    } finally {
      execFileSync("umount", ["-l", this.folder]);
    }
  }
}
