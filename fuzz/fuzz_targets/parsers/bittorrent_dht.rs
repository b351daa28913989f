#![no_main]

tapir_fuzz::parser_target!(BittorrentDht);
