Simulator.main()
