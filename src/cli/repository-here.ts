import { identifyRepository, type IdentifiedRepository } from '../guard/repository/identify.ts';

/** The repository one stands in, as far as it can be known before anything is registered. */
export function repositoryHere(directory: string): Promise<IdentifiedRepository> {
  return identifyRepository(directory, {});
}
