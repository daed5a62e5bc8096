"""Many inputs scored at a time: tables larger than memory, folders and zips of photos, resumed after a kill."""
