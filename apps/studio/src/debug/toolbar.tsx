import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { grouped, plain } from '../ui/format.ts';
import type { IconName } from '../ui/icons.tsx';
import { Icon } from '../ui/icons.tsx';
import { toast, toastError } from '../ui/toast.tsx';
import type { DebugSession } from './session.ts';

/** Steps, numbers of the step, levels, and find. */
export function Toolbar({ session }: { readonly session: DebugSession }): JSX.Element {
  const { data } = session;
  const step = session.step.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Debugger">
      <div class="tools">
        <Tool icon="skipBack" label="First step (Home)" onClick={() => session.goTo(0)} />
        <Tool
          icon="rewind"
          label="Run back to a breakpoint (Shift Space)"
          onClick={() => session.run(false)}
        />
        <Tool icon="arrowUp" label="Out (U)" onClick={() => session.out()} />
        <Tool icon="stepBack" label="Step back (←)" onClick={() => session.move(-1)} />
        <Tool icon="stepForward" label="Step (→)" onClick={() => session.move(1)} />
        <Tool icon="redo" label="Over (O)" onClick={() => session.over()} />
        <Tool icon="undo" label="Over back (Shift O)" onClick={() => session.overBack()} />
        <Tool icon="play" label="Run to a breakpoint (Space)" onClick={() => session.run(true)} />
        <Tool icon="skipForward" label="Last step (End)" onClick={() => session.goTo(session.last)} />
      </div>
      <StepBox session={session} />
      <dl class="step-facts">
        <Fact name="pc">{data.pcOf(step).toString(16).padStart(4, '0')}</Fact>
        <Fact name="cost">{grouped(data.cost[step] ?? 0)}</Fact>
        <Fact name="used">{grouped(data.usedAt(step))}</Fact>
        <Fact name="depth">{data.depthAt(step) + 1}</Fact>
      </dl>
      <div class="push tools">
        <FindBox session={session} />
        {data.manifest.levels.length > 1 && (
          <div class="segmented" role="group" aria-label="Levels">
            {data.manifest.levels.map(({ id, title }) => (
              <button
                key={id}
                type="button"
                aria-pressed={session.levels.value.has(id)}
                onClick={() => session.toggleLevel(id)}
              >
                {plain(title, 20)}
              </button>
            ))}
          </div>
        )}
        <Tool icon="circleDot" label="Breakpoint here (B)" onClick={() => session.toggleHere()} />
        <Tool icon="crosshair" label="Zoom to this call (Z)" onClick={() => zoomToCall(session)} />
        <Tool icon="link" label="Copy a link to this step (Y)" onClick={copyLink} />
      </div>
    </div>
  );
}

export function zoomToCall(session: DebugSession): void {
  const frame = session.data.frameView(session.data.frameAt(session.step.value));
  session.zoomTo(frame.s0, frame.s1);
}

export function copyLink(): void {
  // The address is written a little after the playhead stands still.
  setTimeout(() => {
    void navigator.clipboard?.writeText(location.href).then(() => toast('Link copied'));
  }, 250);
}

function Tool(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}): JSX.Element {
  const { icon, label, onClick } = props;
  return (
    <button type="button" class="button quiet square" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="mono">{children}</dd>
    </div>
  );
}

function StepBox({ session }: { readonly session: DebugSession }): JSX.Element {
  const [text, setText] = useState<string | undefined>(undefined);
  const go = (event: Event): void => {
    event.preventDefault();
    const wanted = (text ?? '').replaceAll(/[\s,\u2009]/g, '');
    if (/^\d{1,12}$/.test(wanted)) session.goTo(Number(wanted));
    setText(undefined);
  };
  return (
    <form class="step-box" onSubmit={go}>
      <input
        type="text"
        class="mono"
        inputMode="numeric"
        aria-label={`Step, of ${session.data.steps}`}
        value={text ?? grouped(session.step.value)}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={() => setText(undefined)}
        onFocus={(event) => event.currentTarget.select()}
      />
      <span class="mono quiet-text">of {grouped(session.data.steps)}</span>
    </form>
  );
}

function FindBox({ session }: { readonly session: DebugSession }): JSX.Element {
  const [text, setText] = useState('');
  const found = session.found.value;
  const index = found?.steps.indexOf(session.step.value) ?? -1;
  const search = (forward: boolean): void => {
    if (found?.text === text.trim() && text.trim() !== '') {
      session.nextFound(forward);
      return;
    }
    session
      .find(text.trim())
      .then(() => session.nextFound(forward))
      .catch(toastError);
  };
  useEffect(() => {
    if (text === '') session.found.value = undefined;
  }, [text]);
  return (
    <div class="find">
      <input
        id="find-field"
        class="input"
        type="search"
        placeholder="Find: SSTORE, 125000, line 92, event"
        aria-label="Find in the trace: instruction, value, line, event, failure"
        value={text}
        maxLength={120}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            search(!event.shiftKey);
          } else if (event.key === 'Escape') event.currentTarget.blur();
          else return;
          event.stopPropagation();
        }}
      />
      {found !== undefined && (
        <span class="quiet-text mono" role="status">
          {index >= 0 ? `${index + 1} of ` : ''}
          {grouped(found.total)}
        </span>
      )}
    </div>
  );
}
