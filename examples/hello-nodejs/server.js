// Answers every request with a greeting.
const polka = require('polka');
const greeting = require('./greeting');

const port = process.env.PORT || 8080;
process.on('SIGTERM', () => process.exit(0));
polka()
  .get('/', (_request, response) => response.end(greeting(process.env.NAME)))
  .listen(port, () => console.log(`listening on port ${port}`));
