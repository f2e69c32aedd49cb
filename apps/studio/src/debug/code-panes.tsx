import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { grouped, plain } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { cells, HotRows, put } from './rows.tsx';
import type { DebugSession } from './session.ts';
import type { Token } from './solidity.ts';
import { tokenize } from './solidity.ts';
import type { ProgramLevels } from './trace-data.ts';

const LINKS = 6;
/** Share of the cost above which a line is marked. */
const HOT_SHARE = 0.12;

/** Classes of instructions by what they do, as the style sheet colours them. */
function opClass(op: number): string {
  if (op === 0x54 || op === 0x55 || op === 0x5c || op === 0x5d) return 'op-storage';
  if (op >= 0xf0 || op === 0x00 || op === 0x56 || op === 0x57) return 'op-flow';
  if (op === 0x20) return 'op-hash';
  if (op >= 0x01 && op <= 0x1e) return 'op-arithmetic';
  if (op >= 0x30 && op <= 0x4a) return 'op-environment';
  if (op >= 0x51 && op <= 0x53) return 'op-memory';
  if (op >= 0xa0 && op <= 0xa4) return 'op-log';
  return 'op-stack';
}

const hex = (value: number, width = 4): string => value.toString(16).padStart(width, '0');

/** One colour for each line that has code, cycling. */
function linkColours(levels: ProgramLevels): ReadonlyMap<string, number> {
  const colours = new Map<string, number>();
  for (let i = 0; i < levels.code.length; i++) {
    const line = levels.line[i] as number;
    const key = `${levels.file[i]}/${line}`;
    if (line > 0 && !colours.has(key)) colours.set(key, (colours.size % LINKS) + 1);
  }
  return colours;
}

/** Every step of the run. */
export function StepsPane({ session }: { readonly session: DebugSession }): JSX.Element {
  const { data } = session;
  return (
    <HotRows
      name="steps"
      options={{
        role: 'grid',
        label: 'Steps',
        keys: false,
        onSelect: (index) => session.goTo(index),
        paint: (row, index) => {
          const [number, name, cost] = cells(row, ['step', 'op', 'cost']);
          const levels = data.levels(data.programOf(index));
          const unit = levels?.code[levels.indexOf[data.pcOf(index)] as number];
          put(number, grouped(index));
          put(
            name,
            levels === undefined || unit === undefined
              ? hex(data.op[index] ?? 0, 2)
              : plain(levels.mnemonics[unit[2]] ?? '', 20),
          );
          put(cost, String(data.cost[index] ?? ''));
          row.style.setProperty('--depth', String(Math.min(6, data.depthAt(index))));
          row.dataset['op'] = opClass(data.op[index] ?? 0);
        },
      }}
      update={(list) => {
        void session.loaded.value;
        list.setCount(data.steps);
        list.select(session.step.value);
        list.refresh();
      }}
    />
  );
}

/** The source of the running program: the line of the step, its cost and its code. */
export function SourcePane({ session }: { readonly session: DebugSession }): JSX.Element {
  const { data } = session;
  void session.loaded.value;
  const place = session.place.value;
  // Before the first line of a program is reached its source is shown all the same.
  const program = place?.program ?? data.programOf(session.step.value);
  const levels = data.levels(program);
  const number = place?.file ?? levels?.map[0]?.[2] ?? 0;
  const file = levels?.files[number];
  const lines = useMemo(() => tokenize(plainSource(file?.text ?? '')), [file]);
  const costs = useMemo(() => data.costByLine(program, number), [program, number, levels]);
  const colours = useMemo(
    () => (levels === undefined ? new Map<string, number>() : linkColours(levels)),
    [levels],
  );
  const total = useMemo(() => data.usedAt(data.steps), [data]);
  if (file === undefined || levels === undefined) {
    return (
      <section class="pane pane-source" aria-label="Source">
        <PaneHead title="Source" />
        <p class="pane-note">
          This program was compiled from no source that is known here. Drop its build-info on the Networks
          page.
        </p>
      </section>
    );
  }
  return (
    <section class="pane pane-source" aria-label="Source">
      <PaneHead icon title={plain(file.path, 80)} unit="share of gas" />
      <HotRows
        key={`${program}/${number}`}
        name="source"
        options={{
          role: 'grid',
          label: `Source of ${file.path}`,
          keys: false,
          onActivate: (index) => session.toggleBreakpoint(`${file.path}:${index + 1}`),
          onSelect: (index) => (session.linked.value = { program, file: number, line: index + 1 }),
          paint: (row, index) => {
            const line = index + 1;
            const [point, label, bar, code, share] = cells(row, [
              'point',
              'line',
              'linkbar',
              'code',
              'share',
            ]);
            put(label, String(line));
            const text = lines[index] ?? [];
            if (code !== undefined && code.dataset['line'] !== `${number}/${line}`) {
              code.dataset['line'] = `${number}/${line}`;
              code.replaceChildren(...text.map(tokenElement));
            }
            const cost = costs.get(line) ?? 0;
            const part = total === 0 ? 0 : cost / total;
            put(share, cost === 0 ? '' : `${(100 * part).toFixed(part >= 0.1 ? 1 : 2)} %`);
            const colour = colours.get(`${number}/${line}`);
            if (bar !== undefined)
              bar.className = colour === undefined ? 'linkbar' : `linkbar link-fill-${colour}`;
            row.classList.toggle('hot-line', part > HOT_SHARE);
            row.classList.toggle('unused', colour !== undefined && cost === 0);
            const isSet = session.breakpoints.peek().has(`${file.path}:${line}`);
            point?.classList.toggle('set', isSet);
            if (isSet) row.setAttribute('aria-description', 'breakpoint');
            else row.removeAttribute('aria-description');
            const linked = session.linked.peek();
            row.classList.toggle(
              'linked',
              linked?.line === line && linked.file === number && linked.program === program,
            );
          },
        }}
        onHover={(index) =>
          (session.linked.value =
            index === undefined ? undefined : { program, file: number, line: index + 1 })
        }
        update={(list) => {
          void session.linked.value;
          void session.breakpoints.value;
          list.setCount(lines.length);
          const now = session.place.value;
          list.select(now?.program === program && now.file === number ? now.line - 1 : -1);
          list.refresh();
        }}
      />
    </section>
  );
}

/** Lines of a source are hostile text as well, but tabs and line ends are its own. */
function plainSource(text: string): string {
  return text
    .slice(0, 4_000_000)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    .split('\n')
    .map((line) => plain(line))
    .join('\n');
}

function tokenElement({ text, kind }: Token): Node {
  if (kind === '') return document.createTextNode(text);
  const element = document.createElement('span');
  element.className = `t-${kind}`;
  element.textContent = text;
  return element;
}

/** The instructions of the running program. */
export function CodePane({ session }: { readonly session: DebugSession }): JSX.Element {
  const { data } = session;
  void session.loaded.value;
  const program = data.programOf(session.step.value);
  const levels = data.levels(program);
  const colours = useMemo(
    () => (levels === undefined ? new Map<string, number>() : linkColours(levels)),
    [levels],
  );
  const ran = useMemo(() => costByInstruction(session, program, levels), [levels, program]);
  const info = data.manifest.programs[program];
  return (
    <section class="pane pane-code" aria-label="Bytecode">
      <PaneHead title="EVM bytecode" note={plain(info?.name ?? '', 40)} unit="gas" />
      {levels !== undefined && (
        <HotRows
          key={program}
          name="code"
          options={{
            role: 'grid',
            label: 'Instructions',
            keys: false,
            onActivate: (index) => session.toggleBreakpoint(`pc:${program}:${levels.code[index]?.[0] ?? 0}`),
            onSelect: (index) => {
              const line = levels.line[index] as number;
              session.linked.value =
                line > 0 ? { program, file: levels.file[index] as number, line } : undefined;
            },
            paint: (row, index) => {
              const unit = levels.code[index];
              if (unit === undefined) return;
              const [bar, pc, name, immediate, cost] = cells(row, [
                'linkbar',
                'pc',
                'op',
                'immediate',
                'cost',
              ]);
              const [at, op, mnemonic, value] = unit;
              put(pc, hex(at));
              put(name, plain(levels.mnemonics[mnemonic] ?? '', 20));
              put(immediate, value.length > 12 ? `${value.slice(0, 9)}…${value.slice(-2)}` : value);
              const used = ran.get(at);
              put(cost, used === undefined ? '' : String(used));
              row.dataset['op'] = opClass(op);
              row.classList.toggle('unused', used === undefined);
              row.classList.toggle('breakpoint', session.breakpoints.peek().has(`pc:${program}:${at}`));
              const line = levels.line[index] as number;
              const colour = colours.get(`${levels.file[index]}/${line}`);
              if (bar !== undefined)
                bar.className = colour === undefined ? 'linkbar' : `linkbar link-fill-${colour}`;
              const linked = session.linked.peek() ?? session.place.peek();
              row.classList.toggle(
                'linked',
                line > 0 &&
                  linked?.program === program &&
                  linked.line === line &&
                  linked.file === levels.file[index],
              );
            },
          }}
          onHover={(index) => {
            const line = index === undefined ? 0 : (levels.line[index] as number);
            session.linked.value =
              index === undefined || line <= 0
                ? undefined
                : { program, file: levels.file[index] as number, line };
          }}
          update={(list) => {
            void session.linked.value;
            void session.breakpoints.value;
            const step = session.step.value;
            list.setCount(levels.code.length);
            list.select(data.programOf(step) === program ? (levels.indexOf[data.pcOf(step)] as number) : -1);
            list.refresh();
          }}
        />
      )}
    </section>
  );
}

/** pc -> cost of the last time it ran; nothing for what never did. */
function costByInstruction(
  session: DebugSession,
  program: number,
  levels: ProgramLevels | undefined,
): ReadonlyMap<number, number> {
  const costs = new Map<number, number>();
  if (levels === undefined) return costs;
  const { data } = session;
  const { unitsPerProgram } = data.manifest;
  const first = program * unitsPerProgram;
  // Dense while counting: a map is slow for a million steps.
  const last = new Int32Array(unitsPerProgram).fill(-1);
  for (let step = 0; step < data.steps; step++) {
    const pc = (data.unit[step] as number) - first;
    if (pc >= 0 && pc < unitsPerProgram) last[pc] = data.cost[step] as number;
  }
  for (const [pc] of levels.code) if ((last[pc] as number) >= 0) costs.set(pc, last[pc] as number);
  return costs;
}

export function PaneHead(props: {
  readonly title: string;
  readonly note?: string;
  readonly unit?: string;
  readonly icon?: boolean;
}): JSX.Element {
  const { title, note, unit, icon = false } = props;
  return (
    <header class="pane-head">
      <h2>
        {icon && <Icon name="fileCode" />} {title}
      </h2>
      {note !== undefined && <span class="quiet-text mono">{note}</span>}
      {unit !== undefined && <span class="quiet-text push">{unit}</span>}
    </header>
  );
}
