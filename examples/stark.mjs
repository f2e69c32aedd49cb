// A machine of one table: each row holds a number and the sum of all so far. Its rules are stated once; they
// find what is wrong with a trace, and prove one that is right.
import { checkTrace, createKey, createTable, defineChip, defineMachine, prove, verify } from 'ninefold/stark';

const sums = defineChip('sums', (air) => {
  const [value, total] = [air.column('value'), air.column('total')];
  air.when(air.isFirst, () => air.assertEqual('the first total', total, value));
  air.when(air.isTransition, () => air.assertEqual('the sum', total.next(), total.add(value.next())));
  air.when(air.isLast, () => air.assertEqual('the result', total, air.public(0)));
});
const machine = defineMachine({ name: 'sums', chips: [sums], publicCount: 1 });

const values = [3, 1, 4, 1, 5, 9, 2, 6];
const table = createTable(sums, 3);
let total = 0;
values.forEach((value, row) => {
  table.column('value')[row] = value;
  table.column('total')[row] = total += value;
});
const [trace, publicValues] = [{ sums: table }, [total]];
console.log('problems:', checkTrace(machine, trace, { publicValues }).length || 'none');

table.column('total')[5] += 1;
const [violation] = checkTrace(machine, trace, { publicValues });
console.log(`a wrong sum: row ${violation.row}, ${violation.constraint}`);
table.column('total')[5] -= 1;

const key = createKey(machine, {}, 'p100');
const proof = prove(key, [{ trace, publicValues }]);
console.log('proved:', verify(key.verifyingKey, [publicValues], proof).provenBits >= 100);
