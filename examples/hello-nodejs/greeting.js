// The text for a name; an empty name greets the world.
module.exports = (name) => `Hello, ${name || 'World'}!\n`;
