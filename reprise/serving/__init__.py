"""The server: answers over HTTP what an exported model predicts. It needs the extra `serve`."""
