import {
  type AirBuilder,
  type Bus,
  type Chip,
  createTable,
  defineChip,
  type Expression,
  logHeightFor,
  type Trace,
} from '@ninefold/stark';

type Say = (air: AirBuilder) => AirBuilder['send'];

const standIn = (name: string, bus: Bus, say: Say): Chip =>
  defineChip(name, (air) => {
    const values: readonly Expression[] = air.columns('value', bus.arity);
    say(air)(bus, values, air.flag('real'));
  });

/** A chip that sends whatever its rows hold to a bus: what stands in for the machine around a chip. */
export const callerChip = (name: string, bus: Bus): Chip => standIn(name, bus, (air) => air.send);

/** A chip that receives whatever its rows hold. */
export const listenerChip = (name: string, bus: Bus): Chip => standIn(name, bus, (air) => air.receive);

/** The table of {@link callerChip} or {@link listenerChip} with these messages. */
export function callerTable(chip: Chip, messages: readonly (readonly number[])[]): Trace {
  const table = createTable(chip, logHeightFor(messages.length));
  messages.forEach((message, row) => {
    message.forEach((value, i) => (table.column(`value.${i}`)[row] = value));
    table.column('real')[row] = 1;
  });
  return { [chip.name]: table };
}
