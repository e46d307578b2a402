import { render } from 'preact';
import { App } from './app.tsx';
import { PageState } from './page-state.ts';

const state = new PageState();
state.connect();
render(<App state={state} />, document.getElementById('app')!);
