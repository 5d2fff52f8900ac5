from chat_client.__main__ import main

raise SystemExit(main())
