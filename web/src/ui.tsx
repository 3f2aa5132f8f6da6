import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { JobStatus } from "../../src/jobs/schema.js";

const STATUS_WORDS: Readonly<Record<JobStatus, string>> = {
  QUEUED: "Queued",
  PROCESSING: "Running",
  COMPLETED: "Completed",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

export function StatusBadge({ status }: { readonly status: JobStatus }) {
  return <span class={`badge status-${status}`}>{STATUS_WORDS[status]}</span>;
}

export function statusWord(status: JobStatus): string {
  return STATUS_WORDS[status];
}

export function Progress({ value, label }: { readonly value: number; readonly label: string }) {
  return (
    <progress class="progress" max={100} value={value} aria-label={label}>
      {value} %
    </progress>
  );
}

/** One of some options, or any: "". */
export function Choice<Option extends string>({
  name,
  value,
  options,
  onChange,
  words = (option) => option,
  title,
}: {
  readonly name: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: Option | "") => void;
  /** What stands for an option. Default: itself. */
  readonly words?: (option: Option) => string;
  readonly title?: string;
}) {
  return (
    <label>
      <span>{name}</span>
      <select
        value={value}
        title={title}
        onChange={({ currentTarget }) => onChange(options.find((one) => one === currentTarget.value) ?? "")}
      >
        <option value="">any</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Something is wrong; screen readers say it at once. */
export function Trouble({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="trouble" role="alert">
      {children}
    </p>
  );
}

/** A button that does something on the server, once at a time, and says how it went. */
export function ActionButton({
  label,
  question,
  onAct,
  kind = "",
}: {
  readonly label: string;
  /** Asked first; without it nothing is asked. */
  readonly question?: string;
  readonly onAct: () => Promise<string | null>;
  readonly kind?: "" | "primary" | "danger";
}) {
  const [state, setState] = useState<{ busy: boolean; asks: boolean; said: string; failed: boolean }>({
    busy: false,
    asks: false,
    said: "",
    failed: false,
  });
  const act = async () => {
    setState({ busy: true, asks: false, said: "", failed: false });
    try {
      setState({ busy: false, asks: false, said: (await onAct()) ?? "", failed: false });
    } catch (error) {
      setState({
        busy: false,
        asks: false,
        said: error instanceof Error ? error.message : String(error),
        failed: true,
      });
    }
  };
  const { busy, asks, said, failed } = state;
  return (
    <span class="action">
      <button
        type="button"
        class={kind}
        disabled={busy}
        onClick={() => (question === undefined ? void act() : setState({ ...state, asks: true }))}
      >
        {busy ? `${label} …` : label}
      </button>
      {asks && question !== undefined && (
        <Question
          question={question}
          yes={label}
          onNo={() => setState({ ...state, asks: false })}
          onYes={() => void act()}
        />
      )}
      <span role="status" class={failed ? "said failed" : "said"}>
        {said}
      </span>
    </span>
  );
}

function Question({
  question,
  yes,
  onYes,
  onNo,
}: {
  readonly question: string;
  readonly yes: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onNo} aria-label={yes}>
      <p>{question}</p>
      <div class="row">
        <button type="button" class="danger" onClick={onYes}>
          {yes}
        </button>
        <button type="button" onClick={onNo}>
          Leave it
        </button>
      </div>
    </dialog>
  );
}
