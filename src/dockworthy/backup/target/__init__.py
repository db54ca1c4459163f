"""An append-only store on another host: made, measured, taken away again; and what looks after it there."""
