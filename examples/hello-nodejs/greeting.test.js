const assert = require('node:assert');
const test = require('node:test');
const greeting = require('./greeting');

test('the greeting', () => {
  assert.strictEqual(greeting(), 'Hello, World!\n');
  assert.strictEqual(greeting('Ada'), 'Hello, Ada!\n');
});
