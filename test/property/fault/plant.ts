import { register } from 'node:module';
import { type PlantedFault, plantedFaults } from './planted-fault.ts';

/** Imported before a program, with the name of a fault as its query. */
const fault = decodeURIComponent(new URL(import.meta.url).search.slice(1)) as PlantedFault;
register('./replaced-source.js', import.meta.url, { data: plantedFaults[fault] });
