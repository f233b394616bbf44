/** The command line. Each verb lives in its own file and is loaded only when it is called. */
import { Command } from 'commander';
import { addVerbs } from './verbs.ts';
import { exit } from './exit.ts';

const program = new Command('writ')
  .description('Governs AI assistants that can run local commands: who may run what, enforced and proven.')
  .version('0.1.0')
  .showHelpAfterError('(see: writ VERB --help)')
  .enablePositionalOptions()
  .exitOverride((end) => {
    process.exit(end.exitCode === 0 ? exit.done : exit.usage);
  });
addVerbs(program);
await program.parseAsync();
